//! Said on many pages: the frame, errors, shared words.

use super::catalogue;

catalogue! {
    /// Frame, errors, shared words.
    Common {
        skip: "Skip to content", "Aller au contenu";
        footer: "Vigie · every movement, watched", "Vigie · chaque mouvement, sous surveillance";
        error_title: "Error: {title}", "Erreur : {title}";
        summary: "There is a problem", "Il y a un problème";
        date: "Date", "Date";
        what: "What", "Opération";
        state: "State", "État";
        amount: "Amount", "Montant";
        account: "Account", "Compte";
        reference: "Reference", "Référence";
        from: "From", "De";
        to: "To", "À";
        newer: "Newer", "Plus récentes";
        older: "Older", "Plus anciennes";
        again: "Check again", "Vérifier à nouveau";
        as_of: "As of {time}", "À {time}";
        back_home: "Back to your accounts", "Retour à vos comptes";
        not_found_title: "Page not found", "Page introuvable";
        not_found: "Nothing is at this address. If you typed it, check it; if you followed a link, it may be out of date.", "Il n’y a rien à cette adresse. Si vous l’avez saisie, vérifiez-la ; si vous avez suivi un lien, il est peut-être périmé.";
        search_hint: "Transaction id or account number", "Identifiant d’opération ou numéro de compte";
        search: "Find", "Chercher";
        forbidden_title: "Not for your role", "Pas pour votre rôle";
        forbidden: "This page is for other roles. You are signed in as {role}.", "Cette page est réservée à d’autres rôles. Vous êtes connecté comme {role}.";
        unavailable_title: "Not available right now", "Indisponible pour le moment";
        unavailable: "The page could not be loaded. Nothing was sent or changed by opening it. Try again in a moment.", "La page n’a pas pu être chargée. Rien n’a été envoyé ni modifié en l’ouvrant. Réessayez dans un instant.";
        unavailable_payment: "If you were sending a payment, sending the same form again is safe: it is booked once at most.", "Si vous envoyiez un paiement, vous pouvez renvoyer le même formulaire sans risque : il n’est comptabilisé qu’une fois.";
        error_reference: "Reference: {reference}", "Référence : {reference}";
        retry: "Try again", "Réessayer";
        sign_in_first: "Sign in to see this page.", "Connectez-vous pour voir cette page.";
        moved: "Continue", "Continuer";
        role_customer: "customer", "client";
        role_analyst: "analyst", "analyste";
        role_operator: "operator", "opérateur";
        something_failed: "That did not work. Nothing was changed; try again.", "Cela n’a pas fonctionné. Rien n’a été modifié ; réessayez.";
        broker_down: "Nothing is known to be taken. Sending again is safe: it will be booked once at most.", "Rien ne semble avoir été pris en compte. Renvoyer est sans risque : l’opération ne sera comptabilisée qu’une fois.";
    }
}
