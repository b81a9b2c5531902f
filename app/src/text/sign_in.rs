//! Signing in.

use super::catalogue;

catalogue! {
    /// Signing in.
    SignIn {
        title: "Sign in", "Connexion";
        lead: "See your accounts and move money. Every movement shows here as it is booked.", "Consultez vos comptes et déplacez de l’argent. Chaque mouvement s’affiche ici dès qu’il est comptabilisé.";
        username: "Username", "Identifiant";
        password: "Password", "Mot de passe";
        submit: "Sign in", "Se connecter";
        wrong: "The username or the password is not right.", "L’identifiant ou le mot de passe est incorrect.";
        throttled: "Too many tries. Wait {seconds} seconds, then try again.", "Trop d’essais. Patientez {seconds} secondes avant de réessayer.";
        unavailable: "Signing in is not possible right now. Try again in a moment.", "La connexion est impossible pour le moment. Réessayez dans un instant.";
        demo_title: "Demo: sign in with one click", "Démo : connexion en un clic";
        demo_hint: "Only on this machine, only with invented people.", "Uniquement sur cette machine, avec des personnes fictives.";
        demo_as: "{name}, {role}", "{name}, {role}";
        signed_out: "You are signed out.", "Vous êtes déconnecté.";
    }
}
