//! The alerts of bank staff: the list, one of them, what was decided.

use super::catalogue;

catalogue! {
    /// The alerts of bank staff: the list, one of them, what was decided.
    Alerts {
        title: "Alerts", "Alertes";
        caption: "Open ones first, then the newest", "D’abord les ouvertes, puis les plus récentes";
        raised: "Raised", "Levée";
        account: "Account", "Compte";
        counterparty: "Counterparty", "Contrepartie";
        kind: "Type", "Type";
        score: "Score", "Score";
        verdict: "Verdict", "Verdict";
        state: "State", "État";
        deadline: "Decide by", "À décider avant";
        filters: "Filters", "Filtres";
        filter: "Filter", "Filtrer";
        which: "Alerts", "Alertes";
        any: "All", "Toutes";
        any_verdict: "Any", "Tous";
        open: "Open", "Ouvertes";
        closed: "Closed", "Closes";
        is_open: "open", "ouverte";
        is_closed: "closed", "close";
        older: "Older", "Plus anciennes";
        newest: "From the start", "Depuis le début";
        empty: "No alert yet. What detection wants somebody to look at appears here by itself.", "Aucune alerte pour l’instant. Ce que la détection veut faire examiner apparaîtra ici de soi-même.";
        empty_open: "Nothing waits. Closed alerts stay in the list of all.", "Rien n’attend. Les alertes closes restent dans la liste complète.";
        empty_filtered: "No alert fits these filters.", "Aucune alerte ne correspond à ces filtres.";
        show_all: "Show all alerts", "Voir toutes les alertes";
        open_count: "{count} open", "{count} ouvertes";
        one_title: "Alert: {amount} from {account}", "Alerte : {amount}, compte {account}";
        back: "All alerts", "Toutes les alertes";
        decision: "Your decision", "Votre décision";
        held_lead: "{amount} is reserved and has not moved. Until {until} somebody can decide; then {then}.", "{amount} est réservé et n’a pas bougé. On peut décider jusqu’au {until} ; ensuite, {then}.";
        then_release: "the money moves", "l’argent part";
        then_expire: "the money is given back", "l’argent est rendu";
        release: "Release {amount}", "Libérer {amount}";
        refuse: "Refuse and give back {amount}", "Refuser et rendre {amount}";
        what_was_it: "What was it?", "Qu’était-ce ?";
        label_lead: "Detection learns from your answer; what was booked stays as it is.", "La détection apprend de votre réponse ; ce qui est comptabilisé ne change pas.";
        label_fraud: "Fraud", "Fraude";
        label_genuine: "Genuine", "Légitime";
        label_inconclusive: "Inconclusive", "Indéterminé";
        said: "Said to be: {label} ({source})", "Qualifiée ainsi : {label} ({source})";
        source_customer: "by the customer", "par le client";
        source_analyst: "by an analyst", "par un analyste";
        ended_posted: "The money has moved.", "L’argent est parti.";
        ended_refused: "No money has moved.", "Aucun argent n’a bougé.";
        ended_expired: "Nobody decided in time; the money was given back.", "Personne n’a décidé à temps ; l’argent a été rendu.";
        why: "Why", "Pourquoi";
        score_of: "Score {score} of 100", "Score {score} sur 100";
        thresholds: "Review from {review}, hold from {hold}, refuse from {refuse}", "Vérification dès {review}, suspension dès {hold}, refus dès {refuse}";
        never: "never", "jamais";
        reasons: "Reasons and their points", "Raisons et leurs points";
        unanswered: "no answer", "sans réponse";
        sum: "Sum", "Somme";
        no_reasons: "No rule fired.", "Aucune règle ne s’est déclenchée.";
        unreadable: "The reasons were stored by another version of this program and cannot be read here. Score and verdict are as they were.", "Les raisons ont été enregistrées par une autre version du programme et ne peuvent être lues ici. Le score et le verdict sont ceux d’origine.";
        to_know: "To know", "À savoir";
        versions: "Policy {policy}, {model}", "Politique {policy}, {model}";
        model: "model {model}", "modèle {model}";
        no_model: "rules alone", "règles seules";
        facts: "What was looked at", "Ce qui a été examiné";
        transaction: "Transaction", "Opération";
        see_transaction: "See the transaction", "Voir l’opération";
        see_alert: "See the alert", "Voir l’alerte";
        done_released: "Released: the money has moved.", "Libérée : l’argent est parti.";
        done_refused: "Refused: the money was given back.", "Refusée : l’argent a été rendu.";
        done_returned: "It could not be released and was given back: {reason}", "Elle n’a pas pu être libérée et l’argent a été rendu : {reason}";
        already_released: "Somebody else had decided already: it was released.", "Quelqu’un d’autre avait déjà décidé : elle a été libérée.";
        already_refused: "Somebody else had decided already: it was refused.", "Quelqu’un d’autre avait déjà décidé : elle a été refusée.";
        already_expired: "It had expired already: the money was given back.", "Elle avait déjà expiré : l’argent a été rendu.";
        processing: "Your decision was received and is still being processed. This page follows it.", "Votre décision est reçue et en cours de traitement. Cette page la suit.";
        not_taken: "Your decision is not known to be taken. Trying again is safe: a hold ends once.", "Rien n’indique que votre décision a été prise en compte. Réessayer est sans risque : une suspension ne prend fin qu’une fois.";
        failed: "That did not work. Nothing was changed; try again.", "Cela n’a pas fonctionné. Rien n’a été modifié ; réessayez.";
        labelled: "Your answer is recorded.", "Votre réponse est enregistrée.";
        labelled_already: "That had been said already.", "Cela avait déjà été dit.";
        still_held: "Release or refuse it first.", "Libérez-la ou refusez-la d’abord.";
    }
}
