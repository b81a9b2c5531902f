//! The analysts' overview and its figures.

use super::catalogue;

catalogue! {
    /// The analysts' overview and its figures.
    Overview {
        title: "Overview", "Vue d’ensemble";
        range: "Time range", "Période";
        hour: "Last hour", "Dernière heure";
        day: "24 hours", "24 heures";
        week: "7 days", "7 jours";
        all: "All time", "Depuis le début";
        figures_now: "Figures for the range", "Chiffres de la période";
        held: "Under review", "En vérification";
        posted: "posted", "effectuées";
        refused: "refused", "refusées";
        tile_posted: "Posted", "Effectuées";
        tile_refused: "Refused", "Refusées";
        tile_volume: "Posted volume", "Volume effectué";
        tile_accounts: "Customer accounts", "Comptes clients";
        refused_share: "{share} of all", "{share} du total";
        nothing_moved: "Nothing moved", "Aucun mouvement";
        newest: "Newest transactions", "Dernières opérations";
        see_all: "All transactions", "Toutes les opérations";
        currency: "Currency", "Devise";
        values: "Table of values", "Tableau des valeurs";
        download: "Download as CSV", "Télécharger en CSV";
        one_transaction: "{count} transaction", "{count} opération";
        many_transactions: "{count} transactions", "{count} opérations";
        nothing_yet: "Nothing was posted in this range.", "Rien n’a été effectué sur cette période.";
        volume_title_minute: "Decided per minute", "Décisions par minute";
        volume_title_half_hour: "Decided per half hour, last 24 hours", "Décisions par demi-heure, dernières 24 heures";
        volume_finding: "{posted} posted and {refused} refused; most at {time}: {most}.", "{posted} effectuées et {refused} refusées ; le plus à {time} : {most}.";
        volume_nothing: "Nothing was decided in this range.", "Rien n’a été décidé sur cette période.";
        unfinished: "not over yet", "en cours";
        heatmap_title: "Transactions by account and type", "Opérations par compte et type";
        heatmap_finding: "{account} is the busiest with {count} transactions, mostly {type}.", "{account} est le plus actif avec {count} opérations, surtout {type}.";
        amounts_title: "Amounts by account and type, in {currency}", "Montants par compte et type, en {currency}";
        amounts_finding: "{account} moved the most: {amount}, {share} of what the {count} largest accounts moved.", "{account} a le plus mouvementé : {amount}, soit {share} du total des {count} plus grands comptes.";
        others: "Next {count}", "{count} suivants";
        others_sum: "{amount} together", "{amount} ensemble";
        balance_title: "Balance of {account}", "Solde de {account}";
        balance_finding: "From {from} to {to}; at its lowest {lowest}.", "De {from} à {to} ; au plus bas {lowest}.";
        balance_still: "No movement in this range: it stood at {amount}.", "Aucun mouvement sur cette période : le solde était de {amount}.";
        balance_after: "Balance after", "Solde après";
        account_choice: "Account", "Compte";
        show: "Show", "Afficher";
        no_account: "No customer account is open yet.", "Aucun compte client n’est encore ouvert.";
    }
}
