//! The figures on the screen.

use super::mode::Judged;

pub fn print(judged: &[Judged]) {
    let Some(first) = judged.first() else { return };
    let heads: String = judged.iter().map(|mode| format!("{:>16}", mode.name)).collect();
    println!("{:<32}{heads}", "recall");
    let row = |name: &str, get: &dyn Fn(&Judged) -> String| {
        let cells: String = judged.iter().map(|mode| format!("{:>16}", get(mode))).collect();
        println!("{name:<32}{cells}");
    };
    for (fraud, count) in &first.frauds {
        let name = format!("  {fraud} ({})", count.payments);
        row(&name, &|mode| format!("{:.3}", mode.recall.get(fraud).copied().unwrap_or(0.0)));
    }
    row("all frauds", &|mode| format!("{:.3}", mode.recall_all));
    row("precision", &|mode| format!("{:.3}", mode.precision));
    row("  of what is held or refused", &|mode| format!("{:.3}", mode.precision_held_or_refused));
    row("  of as many highest as frauds", &|mode| format!("{:.3}", mode.precision_of_highest));
    row("alerts per day", &|mode| format!("{:.1}", mode.alerts_per_day));
    row("genuine alerted, of 1,000", &|mode| format!("{:.2}", mode.genuine_alerted_per_thousand));
    for mode in judged.iter().filter(|mode| !mode.rules.is_empty()) {
        println!("\n{}: alerts on which a rule fired, and those that would have passed without it", mode.name);
        println!("{:<24}{:>9}{:>9}{:>14}{:>14}", "", "frauds", "genuine", "frauds by it", "genuine by it");
        let mut rules: Vec<_> = mode.rules.iter().collect();
        rules.sort_by_key(|(_, share)| std::cmp::Reverse(share.genuine_by_it));
        for (rule, share) in rules {
            let (frauds, genuine) = (share.frauds_by_it, share.genuine_by_it);
            println!("{rule:<24}{:>9}{:>9}{frauds:>14}{genuine:>14}", share.frauds, share.genuine);
        }
    }
}
