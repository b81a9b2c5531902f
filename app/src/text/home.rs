//! The customer's home and the opening of an account.

use super::catalogue;

catalogue! {
    /// The customer's home and the opening of an account.
    Home {
        title: "Your accounts", "Vos comptes";
        available: "Available", "Disponible";
        booked: "Booked", "Solde comptable";
        held: "Reserved", "Réservé";
        overdraft: "Overdraft", "Découvert autorisé";
        formula: "booked − reserved + overdraft", "comptable − réservé + découvert";
        pay: "Pay", "Payer";
        add: "Add money", "Déposer";
        withdraw: "Withdraw", "Retirer";
        last: "Last transactions", "Dernières opérations";
        all: "All activity", "Toute l’activité";
        none: "You have no account yet. Open one to receive and send money.", "Vous n’avez pas encore de compte. Ouvrez-en un pour recevoir et envoyer de l’argent.";
        no_transactions: "Nothing has moved yet. Add money to begin.", "Aucun mouvement pour l’instant. Déposez de l’argent pour commencer.";
        open: "Open an account", "Ouvrir un compte";
        open_lead: "The account gets a number of its own and can be used at once. It starts empty, without overdraft.", "Le compte reçoit son propre numéro et peut servir aussitôt. Il démarre vide, sans découvert.";
        currency: "Currency", "Devise";
        open_submit: "Open the account", "Ouvrir le compte";
        opened: "Account {account} is open.", "Le compte {account} est ouvert.";
        opening: "Account {account} is being opened. It appears here in a moment.", "Le compte {account} est en cours d’ouverture. Il apparaîtra ici dans un instant.";
        currency_problem: "Choose one of the currencies.", "Choisissez une des devises.";
        frozen: "Frozen", "Gelé";
        closed: "Closed", "Clos";
    }
}
