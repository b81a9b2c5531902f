//! One account: statement, balance over time.

use super::catalogue;

catalogue! {
    /// One account: statement, balance over time.
    Account {
        title: "Account {account}", "Compte {account}";
        statement: "Statement", "Relevé";
        caption: "Booked transactions, newest first: {count}", "Opérations comptabilisées, de la plus récente à la plus ancienne : {count}";
        from: "From", "Du";
        to: "To", "Au";
        show: "Show", "Afficher";
        any_time: "All", "Tout";
        this_month: "This month", "Ce mois-ci";
        balance_after: "Balance after", "Solde après";
        unbooked: "Outside the balance", "Hors solde";
        unbooked_hint: "Under review or refused: no money has moved.", "En vérification ou refusées : aucun argent n’a bougé.";
        empty_range: "Nothing between these days.", "Rien entre ces dates.";
        empty: "Nothing has been booked on this account yet.", "Aucune opération comptabilisée sur ce compte.";
        show_all: "Show everything", "Tout afficher";
        csv: "CSV", "CSV";
        print_hint: "Print: your browser’s print command gives a clean statement.", "Impression : la commande d’impression du navigateur donne un relevé propre.";
        balance_over_time: "Balance over time", "Évolution du solde";
        bad_date: "Write the date as year-month-day, for example 2026-03-31.", "Écrivez la date sous la forme année-mois-jour, par exemple 2026-03-31.";
        deposit_from: "Deposit", "Dépôt";
        withdrawal_to: "Withdrawal", "Retrait";
        transfer_to: "Transfer to {account}", "Virement vers {account}";
        transfer_from: "Transfer from {account}", "Virement de {account}";
        history: "imported", "importé";
        imported_note: "Imported history may overdraw: it happened elsewhere.", "L’historique importé peut être à découvert : il a eu lieu ailleurs.";
    }
}
