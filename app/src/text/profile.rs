//! Profile: password, sessions, choices.

use super::catalogue;

catalogue! {
    /// Profile: password, sessions, choices.
    Profile {
        title: "Profile and security", "Profil et sécurité";
        who: "Signed in as {name}, {role}", "Connecté comme {name}, {role}";
        password: "Change the password", "Changer le mot de passe";
        current: "Current password", "Mot de passe actuel";
        new: "New password", "Nouveau mot de passe";
        new_hint: "12 characters at least. A sentence is easy to remember.", "12 caractères au moins. Une phrase se retient bien.";
        change: "Change the password", "Changer le mot de passe";
        changed: "The password is changed. All other sessions are signed out.", "Le mot de passe est changé. Toutes les autres sessions sont déconnectées.";
        wrong_current: "The current password is not right.", "Le mot de passe actuel est incorrect.";
        current_empty: "Enter the current password.", "Saisissez le mot de passe actuel.";
        too_short: "The new password needs 12 characters at least.", "Le nouveau mot de passe doit avoir au moins 12 caractères.";
        too_long: "The new password may have 200 characters at most.", "Le nouveau mot de passe peut avoir 200 caractères au plus.";
        unchanged: "The new password is the current one.", "Le nouveau mot de passe est identique à l’actuel.";
        sessions: "Where you are signed in", "Où vous êtes connecté";
        session_caption: "Open sessions: {count}", "Sessions ouvertes : {count}";
        since: "Since", "Depuis";
        seen: "Last seen", "Dernière activité";
        this_one: "This session", "Cette session";
        everywhere: "Sign out everywhere", "Se déconnecter partout";
        everywhere_hint: "Ends every session, this one too.", "Ferme toutes les sessions, celle-ci comprise.";
        display: "Display", "Affichage";
    }
}
