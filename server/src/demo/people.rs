//! The demo bank's people. Nobody of these exists.

use app::ports::Role;

/// Somebody with a sign-in.
#[derive(Debug, Clone, Copy)]
pub struct DemoPerson {
    pub username: &'static str,
    pub name: &'static str,
    pub role: Role,
    /// Offered on the sign-in page in demo mode; the others are customers with a password that nobody knows.
    pub offered: bool,
}

const fn customer(username: &'static str, name: &'static str, offered: bool) -> DemoPerson {
    DemoPerson { username, name, role: Role::Customer, offered }
}

/// Two dozen customers, in the order of their account numbers.
pub const CUSTOMERS: [DemoPerson; 24] = [
    customer("alice", "Alice Marchand", true),
    customer("bruno", "Bruno Keller", true),
    customer("chloe", "Chloé Dubosc", true),
    customer("david", "David Novotný", true),
    customer("emma", "Emma Rossetti", true),
    customer("felix", "Felix Wagenaar", true),
    customer("gabriel", "Gabriel Petitjean", true),
    customer("hanna", "Hanna Lindqvist", true),
    customer("ivan", "Ivan Horák", true),
    customer("julia", "Julia Moreno", true),
    customer("karim", "Karim Belkacem", true),
    customer("lea", "Léa Fontanel", true),
    customer("marek", "Marek Zieliński", false),
    customer("nadia", "Nadia Osman", false),
    customer("olivier", "Olivier Castagne", false),
    customer("paula", "Paula Brandt", false),
    customer("quentin", "Quentin Rousselot", false),
    customer("rosa", "Rosa Almeida", false),
    customer("samuel", "Samuel Adeyemi", false),
    customer("tereza", "Tereza Králová", false),
    customer("ugo", "Ugo Ferrante", false),
    customer("vera", "Vera Steiner", false),
    customer("william", "William Ashdown", false),
    customer("yasmin", "Yasmin Haddadi", false),
];

pub const STAFF: [DemoPerson; 2] = [
    DemoPerson { username: "analyst", name: "Noor van Dijk", role: Role::Analyst, offered: true },
    DemoPerson { username: "operator", name: "Oscar Lemaire", role: Role::Operator, offered: true },
];
