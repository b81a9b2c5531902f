//! The status page of one transaction and the list of many.

use super::catalogue;

catalogue! {
    /// The status page of one transaction and the list of many.
    Transaction {
        title_deposit: "Deposit of {amount}", "Dépôt de {amount}";
        title_withdrawal: "Withdrawal of {amount}", "Retrait de {amount}";
        title_transfer: "Transfer of {amount}", "Virement de {amount}";
        title_pending: "Received, still processing", "Reçu, en cours de traitement";
        timeline: "What happened", "Déroulement";
        received: "Received", "Reçu";
        under_review: "Under review", "En vérification";
        posted: "Posted", "Effectué";
        refused: "Refused", "Refusé";
        expired: "Expired", "Expiré";
        deciding: "Being decided", "Décision en cours";
        pending: "Your request is safe: it will be booked once, whatever happens. This page follows it; you may close it.", "Votre demande est en sécurité : elle sera comptabilisée une fois, quoi qu’il arrive. Cette page la suit ; vous pouvez la fermer.";
        unknown_title: "Not known here", "Inconnue ici";
        unknown: "No transaction with this id is known here. If you were sending a payment, sending it again is safe: it is booked once at most.", "Aucune opération ne porte cet identifiant ici. Si vous envoyiez un paiement, le renvoyer est sans risque : il n’est comptabilisé qu’une fois.";
        conflict: "This id was used before for another payment. Shown is the original; the second one was not taken.", "Cet identifiant a déjà servi pour un autre paiement. Voici l’original ; le second n’a pas été pris en compte.";
        unknown_status: "Unknown", "Inconnue";
        of_received: "It reached the bank’s log.", "Elle est dans le journal de la banque.";
        of_held: "The money is reserved and has not moved. Somebody is looking at it.", "L’argent est réservé et n’a pas bougé. Quelqu’un l’examine.";
        of_posted: "The money has moved.", "L’argent a bougé.";
        of_expired: "Nobody decided in time. The money is free again.", "Personne n’a décidé à temps. L’argent est de nouveau libre.";
        details: "Details", "Détails";
        id: "Transaction id", "Identifiant";
        kind: "Type", "Type";
        occurred: "Ordered", "Ordonnée";
        recorded: "Recorded", "Enregistrée";
        another: "Make another one", "Nouvelle opération";
        list_title: "Transactions", "Opérations";
        activity_title: "Activity", "Activité";
        list_caption: "Newest first", "De la plus récente à la plus ancienne";
        list_empty: "No transaction fits these filters.", "Aucune opération ne correspond à ces filtres.";
        list_empty_all: "Nothing has moved yet.", "Aucun mouvement pour l’instant.";
        clear: "Clear the filters", "Effacer les filtres";
        any: "Any", "Tous";
        filter: "Filter", "Filtrer";
        filters: "Filters", "Filtres";
        newest: "Newest", "Les plus récentes";
        bad_account: "An account number has letters, digits and hyphens only.", "Un numéro de compte ne contient que des lettres, des chiffres et des tirets.";
        reason_unknown_debit_account: "The account to be debited is not known.", "Le compte à débiter est inconnu.";
        reason_unknown_credit_account: "The account to be credited is not known.", "Le compte à créditer est inconnu.";
        reason_debit_account_frozen: "The account to be debited is frozen.", "Le compte à débiter est gelé.";
        reason_credit_account_frozen: "The account to be credited cannot take money now.", "Le compte à créditer ne peut pas recevoir d’argent actuellement.";
        reason_debit_account_closed: "The account to be debited is closed.", "Le compte à débiter est clos.";
        reason_credit_account_closed: "The account to be credited cannot take money any more.", "Le compte à créditer ne peut plus recevoir d’argent.";
        reason_insufficient_funds: "Not enough was available.", "Le disponible ne suffisait pas.";
        reason_currency_mismatch: "The accounts are in different currencies.", "Les comptes sont dans des devises différentes.";
        reason_same_account: "Both sides are the same account.", "Les deux côtés sont le même compte.";
        reason_amount_out_of_bounds: "The amount is out of bounds.", "Le montant est hors limites.";
        reason_wrong_account_kind: "This kind of account cannot take part.", "Ce type de compte ne peut pas participer.";
        reason_balance_overflow: "The balance would become too large.", "Le solde deviendrait trop grand.";
        reason_not_approved: "The bank did not approve it.", "La banque ne l’a pas approuvée.";
        money_free_again: "No money has moved; what was reserved is available again.", "Aucun argent n’a bougé ; ce qui était réservé est de nouveau disponible.";
        no_money_moved: "No money has moved.", "Aucun argent n’a bougé.";
    }
}
