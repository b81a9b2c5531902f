//! Navigation and the menu of choices.

use super::catalogue;

catalogue! {
    /// Navigation and the menu of choices.
    Nav {
        label: "Main", "Navigation principale";
        home: "Home", "Accueil";
        pay: "Pay", "Payer";
        activity: "Activity", "Activité";
        overview: "Overview", "Vue d’ensemble";
        alerts: "Alerts", "Alertes";
        transactions: "Transactions", "Opérations";
        operator: "Machine room", "Salle des machines";
        imports: "Imports", "Imports";
        menu: "Display", "Affichage";
        profile: "Profile and security", "Profil et sécurité";
        sign_out: "Sign out", "Se déconnecter";
        theme: "Theme", "Thème";
        theme_auto: "Auto", "Auto";
        theme_light: "Light", "Clair";
        theme_dark: "Dark", "Sombre";
        density: "Rows", "Lignes";
        density_comfortable: "Comfortable", "Aérées";
        density_compact: "Compact", "Serrées";
        language: "Language", "Langue";
    }
}
