//! The machine room.

use super::catalogue;

catalogue! {
    /// The machine room: partitions and dead letters.
    Operator {
        title: "Machine room", "Salle des machines";
        partitions: "Partitions", "Partitions";
        partitions_caption: "Each partition of bank.commands: how far it is decided, and how far behind", "Chaque partition de bank.commands : jusqu’où elle est décidée et son retard";
        partition: "Partition", "Partition";
        status: "State", "État";
        running: "Running", "En marche";
        waiting: "Behind", "En retard";
        halted: "Halted", "Arrêtée";
        applied: "Decided up to", "Décidée jusqu’à";
        end: "End of log", "Fin du journal";
        lag: "Behind, records", "Retard, messages";
        lag_seconds: "Behind, seconds", "Retard, secondes";
        unannounced: "Unannounced batches", "Lots non annoncés";
        epoch: "Owner’s epoch", "Époque";
        unknown: "not known", "inconnu";
        all_well: "All {count} partitions are decided to their end.", "Les {count} partitions sont décidées jusqu’à leur fin.";
        behind: "{count} commands wait to be decided; the oldest for {age}.", "{count} commandes attendent une décision ; la plus ancienne depuis {age}.";
        some_halted: "{count} of {total} partitions are halted. The others run on. Each says why below; `vigie skip` is the audited way past a record.", "{count} partitions sur {total} sont arrêtées. Les autres continuent. Chacune dit pourquoi ci-dessous ; `vigie skip` est le moyen tracé de passer outre un enregistrement.";
        broker_silent: "The broker does not answer: the end of the log is not known.", "Le courtier ne répond pas : la fin du journal est inconnue.";
        none_yet: "No worker has taken a partition yet.", "Aucun worker n’a encore pris de partition.";
        dead_letters: "Dead letters", "Lettres mortes";
        dead_letters_caption: "Records that could not be decided, newest first", "Enregistrements indécidables, du plus récent au plus ancien";
        no_dead_letters: "No record has been set aside.", "Aucun enregistrement n’a été mis de côté.";
        no_more: "There are no older ones.", "Il n’y en a pas de plus anciens.";
        reason: "Reason", "Motif";
        origin: "Origin", "Origine";
        size: "Size", "Taille";
        bytes: "{count} bytes", "{count} octets";
        digest: "SHA-256", "SHA-256";
        detail: "Detail", "Détail";
        recorded: "Recorded", "Enregistrée";
        dead_letter_title: "Dead letter {partition}/{offset}", "Lettre morte {partition}/{offset}";
        content: "Content", "Contenu";
        as_text: "As text", "En texte";
        as_bytes: "As bytes", "En octets";
        shown_part: "Shown are the first {shown} of {length} bytes; the whole record stays at its origin.", "Les {shown} premiers octets sur {length} sont affichés ; l’enregistrement entier reste à son origine.";
        no_bytes: "The record had no value.", "L’enregistrement n’avait pas de valeur.";
        back: "Back to the machine room", "Retour à la salle des machines";
        reason_undecodable: "Not readable", "Illisible";
        reason_unknown_type: "Unknown type or version", "Type ou version inconnus";
        reason_bad_signature: "No valid signature", "Sans signature valable";
        reason_not_authorised: "Producer without this right", "Producteur sans ce droit";
        reason_wrong_partition: "In the wrong partition", "Dans la mauvaise partition";
        reason_absurd_amount: "No plausible amount", "Montant invraisemblable";
        reason_too_large: "Too large", "Trop volumineux";
        reason_account_mismatch: "Account missing or different", "Compte absent ou différent";
        reason_account_busy: "Account in use", "Compte occupé";
        reason_no_such_transaction: "No transaction of that account has this id", "Aucune opération de ce compte n’a cet identifiant";
        reason_data_rejected: "Rejected by the database", "Rejeté par la base";
        reason_skipped: "Skipped by an operator", "Passé par un opérateur";
    }
}
