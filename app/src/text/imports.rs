//! Importing files of history.

use super::{catalogue, fill};
use crate::language::Language;

catalogue! {
    /// Importing files of history.
    Imports {
        title: "Imports", "Imports";
        lead: "A file of past transactions becomes commands like any other. Importing it again adds nothing; a longer export adds only its new lines.", "Un fichier d’opérations passées devient des commandes comme les autres. L’importer à nouveau n’ajoute rien ; un export plus long n’ajoute que ses nouvelles lignes.";
        upload_title: "Upload a file", "Envoyer un fichier";
        file: "CSV file", "Fichier CSV";
        file_hint: "Up to 64 MB. Nothing is booked before you have seen the preview.", "64 Mo au plus. Rien n’est comptabilisé avant que vous ayez vu l’aperçu.";
        upload: "Upload and preview", "Envoyer et prévisualiser";
        problem_no_file: "Choose a file first.", "Choisissez d’abord un fichier.";
        problem_too_large: "The file is larger than 64 MB.", "Le fichier dépasse 64 Mo.";
        problem_broken: "The file did not arrive whole. Nothing was kept; send it again.", "Le fichier n’est pas arrivé entier. Rien n’a été conservé ; renvoyez-le.";
        latest: "Latest imports", "Derniers imports";
        none_yet: "No file has been imported yet.", "Aucun fichier n’a encore été importé.";
        file_name: "File", "Fichier";
        state: "State", "État";
        state_uploaded: "Not started", "Non commencé";
        state_running: "Running", "En cours";
        state_done: "Done", "Terminé";
        state_failed: "Stopped", "Interrompu";
        started: "Uploaded", "Envoyé";
        added: "Added", "Ajoutées";
        already_there: "Already there", "Déjà présentes";
        refused: "Refused", "Refusées";
        bad: "Bad lines", "Lignes incorrectes";
        import_title: "Import of {file}", "Import de {file}";
        mapping: "How to read it", "Comment le lire";
        preset: "Kind of file", "Type de fichier";
        preset_student_bank: "Student bank (date; account; value; balance)", "Banque étudiante (date ; compte ; valeur ; solde)";
        preset_berka: "Berka, PKDD’99", "Berka, PKDD’99";
        preset_columns: "Any other CSV, by its columns", "Autre CSV, par colonnes";
        bank: "Bank it comes from", "Banque d’origine";
        bank_hint: "Keeps this bank’s lines apart from another’s.", "Distingue les lignes de cette banque de celles d’une autre.";
        currency: "Currency", "Devise";
        delimiter: "Columns are separated by", "Séparateur de colonnes";
        delimiter_semicolon: "semicolon ;", "point-virgule ;";
        delimiter_comma: "comma ,", "virgule ,";
        delimiter_tab: "tab", "tabulation";
        delimiter_pipe: "bar |", "barre |";
        date_column: "Date is in", "La date est en";
        account_column: "Account is in", "Le compte est en";
        amount_column: "Amount is in", "Le montant est en";
        balance_column: "Balance is in", "Le solde est en";
        no_column: "No such column", "Aucune colonne";
        column: "Column {number}", "Colonne {number}";
        date_order: "Order of the date", "Ordre de la date";
        order_unsaid: "Please say", "À préciser";
        order_day_month_year: "day, month, year", "jour, mois, année";
        order_month_day_year: "month, day, year", "mois, jour, année";
        order_year_month_day: "year, month, day", "année, mois, jour";
        order_unclear: "No day in this file is above 12, so 03/04 may be March or April. Say which order it has; then it can start.", "Aucun jour de ce fichier ne dépasse 12 : 03/04 peut être en mars ou en avril. Précisez l’ordre, puis l’import pourra commencer.";
        preview: "Preview", "Aperçu";
        preview_again: "Update the preview", "Actualiser l’aperçu";
        sample: "First lines of the file", "Premières lignes du fichier";
        as_booked: "As they would be booked", "Telles qu’elles seraient comptabilisées";
        line: "Line", "Ligne";
        one_transaction: "{count} transaction", "{count} opération";
        many_transactions: "{count} transactions", "{count} opérations";
        one_account: "{count} account", "{count} compte";
        many_accounts: "{count} accounts", "{count} comptes";
        one_line: "{count} line", "{count} ligne";
        many_lines: "{count} lines", "{count} lignes";
        finding: "Can be taken: {transactions} of {accounts}. Cannot: {lines}.", "À reprendre : {transactions} de {accounts}. À laisser : {lines}.";
        nothing_good: "No line can be taken with this reading. Change how to read it.", "Aucune ligne ne peut être reprise avec cette lecture. Changez la façon de le lire.";
        unreadable: "This file cannot be read as a table with these settings.", "Ce fichier ne peut pas être lu comme un tableau avec ces réglages.";
        history: "It is booked as history: it may overdraw, because it happened.", "Comptabilisé comme historique : il peut créer un découvert, car c’est arrivé.";
        start: "Import {transactions}", "Importer {transactions}";
        problem_start: "The import could not be started. Nothing was booked; try again.", "L’import n’a pas pu commencer. Rien n’a été comptabilisé ; réessayez.";
        problem_mapping: "Some settings could not be read.", "Certains réglages n’ont pas pu être lus.";
        problems: "Lines with a problem", "Lignes à problème";
        problems_caption: "Shown are the first {count}; good lines are taken all the same", "Les {count} premières sont affichées ; les bonnes lignes sont reprises malgré tout";
        problem: "Problem", "Problème";
        text: "Text", "Texte";
        warning: "Warning only", "Simple avertissement";
        code_bad_date: "The date cannot be read", "La date est illisible";
        code_bad_amount: "The amount cannot be read", "Le montant est illisible";
        code_zero_amount: "The amount is zero", "Le montant est nul";
        code_bad_account: "The account cannot be read", "Le compte est illisible";
        code_missing_column: "A column is missing", "Il manque une colonne";
        code_unreadable: "The line cannot be read", "La ligne est illisible";
        code_balance_differs: "The file’s balance differs from the sum of its lines", "Le solde du fichier diffère de la somme de ses lignes";
        progress: "Progress", "Avancement";
        progress_running: "Sent: {sent} of {total}; added so far: {added}.", "Envoyées : {sent} sur {total} ; ajoutées jusqu’ici : {added}.";
        progress_done: "Done. Added: {added}; already there: {already}; refused: {refused}; lines not readable: {bad}.", "Terminé. Ajoutées : {added} ; déjà présentes : {already} ; refusées : {refused} ; lignes illisibles : {bad}.";
        progress_failed: "It stopped before its end. What was taken stays; starting again sends only the rest.", "Il s’est interrompu avant la fin. Ce qui a été pris le reste ; recommencer n’envoie que le reste.";
        overdrawn: "Overdrawn at some point: {accounts}.", "À découvert à un moment : {accounts}.";
        start_again: "Start again", "Recommencer";
        see_transactions: "See the transactions", "Voir les opérations";
        another: "Import another file", "Importer un autre fichier";
        follow: "This page follows by itself; you may leave it.", "Cette page suit toute seule ; vous pouvez la quitter.";
        open: "Open", "Ouvrir";
    }
}

/// A count with its noun, in the number that it takes.
pub fn counted(language: Language, count: u64, one: &str, many: &str) -> String {
    let number = language.number(i64::try_from(count).unwrap_or(i64::MAX));
    fill(language.plural(count, one, many), &[("count", &number)])
}
