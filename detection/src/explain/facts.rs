//! The facts of a decision, each as what it is and its value, in English or French.
//!
//! Moments are told as "so long before", so that no time zone is needed. What a payment did not bring (a device, a
//! place) is left out; what should have been there and could not be read says so. Windows are named by the rule that
//! sets them: their length is policy.

use super::Speech;
use super::format::Language;
use crate::facts::{Balance, Device, Facts, Graph, Own, PairMemory, Payee, Reading};
use crate::rules::{Text, Value, What};

/// In the order in which they are stored.
pub fn facts(facts: &Facts, speech: &Speech) -> Vec<(String, String)> {
    let mut list = List { speech, at_ms: facts.at_ms, said: Vec::new() };
    payment(&mut list, facts);
    list.group(&facts.balance, ["The balance", "Le solde"], balance);
    list.group(&facts.own, ["The payer’s history", "L’historique du payeur"], own);
    list.group(&facts.pair, ["Earlier payments to this payee", "Les paiements antérieurs à ce bénéficiaire"], pair);
    list.group(&facts.payee, ["The payee’s history", "L’historique du bénéficiaire"], payee);
    list.group(&facts.device, ["The device", "L’appareil"], device);
    list.group(&facts.graph, ["The paths of the money", "Les chemins de l’argent"], graph);
    list.said
}

struct List<'a> {
    speech: &'a Speech<'a>,
    at_ms: i64,
    said: Vec<(String, String)>,
}

type Words = [&'static str; 2];

impl List<'_> {
    fn word(&self, [en, fr]: Words) -> &'static str {
        Text { en, fr }.of(self.speech.language)
    }

    fn say(&mut self, what: Words, value: String) {
        self.said.push((self.word(what).to_owned(), value));
    }

    fn group<T>(&mut self, reading: &Reading<T>, what: Words, tell: impl FnOnce(&mut Self, &T)) {
        match reading {
            Reading::Known(value) => tell(self, value),
            Reading::Absent => {}
            Reading::Unreadable => self.say(what, self.word(["could not be read", "n’a pas pu être lu"]).to_owned()),
        }
    }

    fn value(&mut self, what: Words, value: Value) {
        self.say(what, self.speech.value(&value));
    }

    fn money(&mut self, what: Words, amount_minor: i64) {
        self.value(what, Value::MoneyMinor(amount_minor));
    }

    fn count(&mut self, what: Words, count: i64) {
        self.value(what, Value::Count(count));
    }

    fn duration(&mut self, what: Words, duration_ms: i64) {
        self.value(what, Value::DurationMs(duration_ms));
    }

    /// How long before the payment; never is said, too.
    fn before(&mut self, what: Words, moment_ms: Option<i64>) {
        let text = match moment_ms {
            None => self.word(["never", "jamais"]).to_owned(),
            Some(moment_ms) => {
                let duration = self.speech.language.duration(self.at_ms.saturating_sub(moment_ms));
                match self.speech.language {
                    Language::En => format!("{duration} before"),
                    Language::Fr => format!("{duration} avant"),
                }
            }
        };
        self.say(what, text);
    }

    fn text(&mut self, what: Words, text: Option<&str>) {
        if let Some(text) = text {
            self.say(what, text.to_owned());
        }
    }
}

fn payment(list: &mut List, facts: &Facts) {
    list.money(["Amount", "Montant"], facts.amount_minor);
    list.value(["Local hour", "Heure locale"], Value::Hour(i64::try_from(facts.local_hour()).unwrap_or_default()));
    list.text(["Channel", "Canal"], facts.channel.as_deref());
    list.text(["Country of the payee", "Pays du bénéficiaire"], facts.country.as_deref());
    if let Some(place) = facts.place {
        list.value(["Place", "Lieu"], Value::Place(place));
    }
    if let Some(risk) = facts.session_risk {
        list.count(["Signs of malware, 0 to 100", "Signes de piratage, de 0 à 100"], i64::from(risk));
    }
}

fn balance(list: &mut List, balance: &Balance) {
    list.money(["Available before", "Disponible avant"], balance.available_minor);
}

fn own(list: &mut List, own: &Own) {
    habit(list, own);
    recent(list, own);
    flow(list, own);
    if own.late_ms > 0 {
        list.duration(["Late by", "En retard de"], own.late_ms);
    }
    if let Some(seen) = own.last_place {
        list.value(["Last place used", "Dernier lieu d’utilisation"], Value::Place(seen.place));
        list.before(["Used there", "Utilisé là"], Some(seen.at_ms));
    }
}

fn habit(list: &mut List, own: &Own) {
    if own.opened_at_ms.is_some() {
        list.before(["Account opened", "Compte ouvert"], own.opened_at_ms);
    }
    if let Some(change) = own.contact_change {
        let what = list.speech.value(&Value::What(What::Contact(change.what)));
        let before = list.speech.language.duration(list.at_ms.saturating_sub(change.at_ms));
        list.say(["Contact details changed", "Coordonnées modifiées"], format!("{what}, {before}"));
    }
    if let Some(limit_minor) = own.limit_minor {
        list.money(["Limit of one payment", "Limite par paiement"], limit_minor);
    }
    list.before(["Known fraud on this account", "Fraude connue sur ce compte"], own.fraud_known_at_ms);
    list.before(["Last payment", "Dernier paiement"], own.last_paid_at_ms);
    list.duration(["What is usual is counted over", "L’habitude est comptée sur"], own.usual.window_ms);
    list.count(["Usual: payments", "Habitude : paiements"], own.usual.count);
    list.money(["Usual: sum", "Habitude : somme"], own.usual.sum_minor);
    list.money(["Usual: deviation of amounts", "Habitude : écart type des montants"], own.usual.deviation_minor);
    list.count(["Payments in this hour of the day", "Paiements à cette heure de la journée"], own.hour_count);
    list.count(["Payments in all hours", "Paiements à toutes les heures"], own.hours_total);
}

fn recent(list: &mut List, own: &Own) {
    list.count(["Recent payments (rule velocity)", "Paiements récents (règle velocity)"], own.recent_count);
    list.money(["Recent sum (rule daily-limit)", "Somme récente (règle daily-limit)"], own.day_sum_minor);
    list.count(
        ["Recent tiny payments (rule card-testing)", "Paiements minimes récents (règle card-testing)"],
        own.tiny_count,
    );
    list.count(["Recently refused (rule many-refusals)", "Refusés récemment (règle many-refusals)"], own.refused_count);
    list.count(
        ["Other recent payees (rule fan-out)", "Autres bénéficiaires récents (règle fan-out)"],
        own.other_payees,
    );
    list.count(
        ["Payments just below the limit (rule structuring)", "Paiements juste sous la limite (règle structuring)"],
        own.below_limit_count,
    );
    let last: Vec<String> = own
        .last_amounts_minor
        .iter()
        .flatten()
        .map(|amount_minor| list.speech.value(&Value::MoneyMinor(*amount_minor)))
        .collect();
    if !last.is_empty() {
        list.say(["Last amounts, newest first", "Derniers montants, du plus récent"], last.join(" · "));
    }
}

fn flow(list: &mut List, own: &Own) {
    if let Some(inflow) = own.inflow {
        list.money(["Came in (rule rapid-in-out)", "Entré (règle rapid-in-out)"], inflow.in_minor);
        list.money(["Went out since", "Sorti depuis"], inflow.out_minor);
    }
    if let Some(split) = own.split {
        list.money(["Came in at once (rule in-then-split)", "Entré d’un coup (règle in-then-split)"], split.in_minor);
        list.count(["Other payees since", "Autres bénéficiaires depuis"], split.other_payees);
    }
    if let Some(income) = own.income {
        list.money(["Regular income (rule salary-drain)", "Revenu régulier (règle salary-drain)"], income.in_minor);
        list.money(["Spent of it", "Dépensé de ce revenu"], income.out_minor);
    }
}

fn pair(list: &mut List, pair: &PairMemory) {
    list.count(["Earlier payments to this payee", "Paiements antérieurs à ce bénéficiaire"], pair.count);
    if pair.count > 0 {
        list.before(["Last one to this payee", "Le dernier à ce bénéficiaire"], Some(pair.last_at_ms));
        list.money(["Its amount", "Son montant"], pair.last_amount_minor);
    }
}

fn payee(list: &mut List, payee: &Payee) {
    list.count(
        ["Other payers of the payee (rule fan-in)", "Autres payeurs du bénéficiaire (règle fan-in)"],
        payee.payers,
    );
    list.count(["New payers (rule shared-payee)", "Nouveaux payeurs (règle shared-payee)"], payee.new_payers);
    list.count(
        ["Payers of tiny amounts (rule terminal-burst)", "Payeurs de montants minimes (règle terminal-burst)"],
        payee.tiny_payers,
    );
    list.count(
        ["Reports of the payee (rule payee-reported)", "Signalements du bénéficiaire (règle payee-reported)"],
        payee.reports,
    );
    list.count(["Payments to it in that time", "Paiements reçus pendant ce temps"], payee.received);
    list.count(
        ["Labelled payments (rule terminal-risk)", "Paiements étiquetés (règle terminal-risk)"],
        payee.labelled_count,
    );
    list.count(["Of these, frauds", "Parmi eux, fraudes"], payee.labelled_frauds);
}

fn device(list: &mut List, device: &Device) {
    list.before(
        ["Device first used by this account", "Premier usage de l’appareil par ce compte"],
        device.first_used_at_ms,
    );
    list.count(["Other accounts on the device", "Autres comptes sur l’appareil"], device.other_accounts);
}

fn graph(list: &mut List, graph: &Graph) {
    if let Some(trip) = graph.round_trip {
        list.count(
            ["Accounts on a path back to the payer", "Comptes sur un chemin de retour au payeur"],
            trip.accounts,
        );
        list.money(["Arrived by it at most", "Arrivé par là au plus"], trip.most_minor);
    }
}
