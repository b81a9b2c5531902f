//! The payment form, its problems, and the check before sending.

use super::catalogue;

catalogue! {
    /// The payment form, its problems, and the check before sending.
    Pay {
        title_deposit: "Add money", "Déposer de l’argent";
        title_withdrawal: "Withdraw money", "Retirer de l’argent";
        title_transfer: "Send money", "Envoyer de l’argent";
        tabs: "Kind of transaction", "Type d’opération";
        tab_transfer: "Transfer", "Virement";
        tab_deposit: "Deposit", "Dépôt";
        tab_withdrawal: "Withdrawal", "Retrait";
        from_account: "From account", "Compte à débiter";
        to_account: "To account", "Compte à créditer";
        account_option: "{account}: {available} available", "{account} : {available} disponibles";
        payee: "Payee’s account number", "Numéro de compte du bénéficiaire";
        payee_hint: "For example C200", "Par exemple C200";
        amount: "Amount", "Montant";
        amount_in: "Amount in {currency}", "Montant en {currency}";
        euros: "euros", "euros";
        amount_hint: "For example 12.34", "Par exemple 12,34";
        reference: "Reference (optional)", "Référence (facultatif)";
        reference_hint: "A note of your own, 140 characters at most.", "Une note pour vous, 140 caractères au plus.";
        submit: "Continue", "Continuer";
        no_account: "You need an account first.", "Il vous faut d’abord un compte.";
        check_title: "Check before sending", "Vérifiez avant d’envoyer";
        change: "Change", "Modifier";
        change_what: "Change {what}", "Modifier : {what}";
        new_payee: "You have not paid this account lately. Make sure you know whose it is: money sent cannot be called back.", "Vous n’avez pas payé ce compte récemment. Assurez-vous de savoir à qui il appartient : un envoi ne se reprend pas.";
        beyond: "This is more than what is available: it will be refused unless money comes in first.", "Cela dépasse le disponible : ce sera refusé, sauf si de l’argent arrive avant.";
        large: "This takes more than half of what is available.", "Cela dépasse la moitié du disponible.";
        send: "Send {amount} to {account}", "Envoyer {amount} à {account}";
        send_deposit: "Add {amount} to {account}", "Déposer {amount} sur {account}";
        send_withdrawal: "Withdraw {amount} from {account}", "Retirer {amount} de {account}";
        after: "Available afterwards", "Disponible ensuite";
        amount_empty: "Enter an amount.", "Saisissez un montant.";
        amount_not_a_number: "Enter the amount in figures, for example 12.34.", "Saisissez le montant en chiffres, par exemple 12,34.";
        amount_ambiguous: "This can be read in two ways. Write 1234 or 1.23.", "Cela peut se lire de deux façons. Écrivez 1234 ou 1,23.";
        amount_too_many_decimals: "Too many decimals: cents are the smallest unit.", "Trop de décimales : le centime est la plus petite unité.";
        amount_not_positive: "The amount must be more than zero.", "Le montant doit être supérieur à zéro.";
        amount_too_large: "The amount is beyond what one transaction may move.", "Le montant dépasse ce qu’une opération peut déplacer.";
        account_missing: "Choose one of your accounts.", "Choisissez un de vos comptes.";
        payee_empty: "Enter the payee’s account number.", "Saisissez le numéro de compte du bénéficiaire.";
        payee_malformed: "An account number has letters, digits and hyphens only.", "Un numéro de compte ne contient que des lettres, des chiffres et des tirets.";
        payee_same: "This is the account the money comes from. Choose another one.", "C’est le compte d’où part l’argent. Choisissez-en un autre.";
        payee_unknown: "No account has this number. Check it with the payee.", "Aucun compte ne porte ce numéro. Vérifiez-le auprès du bénéficiaire.";
        payee_cannot_take: "This account cannot take money now.", "Ce compte ne peut pas recevoir d’argent actuellement.";
        payee_currency: "This account is in another currency.", "Ce compte est dans une autre devise.";
        own_cannot_move: "No money can move on this account now.", "Aucun argent ne peut bouger sur ce compte actuellement.";
        insufficient: "Not enough is available on this account. No money has moved.", "Le disponible de ce compte ne suffit pas. Aucun argent n’a bougé.";
        reference_too_long: "At most 140 characters.", "140 caractères au plus.";
        form_not_complete: "The form was incomplete. Fill it in again.", "Le formulaire était incomplet. Remplissez-le à nouveau.";
        not_approved: "The bank did not approve this. No money has moved.", "La banque n’a pas approuvé cette opération. Aucun argent n’a bougé.";
        reference_none: "None", "Aucune";
        kept: "What you typed is kept.", "Votre saisie est conservée.";
    }
}
