//! Impossible travel: faster than a plane.
//!
//! Meaning: the place of this payment is so far from the last one that nobody travels between them in that time.
//! Parameters: `speed_km_h` of a plane; `distance_km` below which places are too vague to tell.
//! Why: a copied card is used where its holder is not.
//! False positives: a shop that reports its head office as its place; a card shared by a couple.

use super::prelude::*;
use crate::payment::Place;

pub const SPEED_KM_H: usize = 0;
pub const DISTANCE_KM: usize = 1;

const EARTH_RADIUS_KM: f64 = 6_371.0;

pub const RULE: Rule = Rule {
    id: RuleId::ImpossibleTravel,
    direction: Direction::Outgoing,
    title: Text { en: "Impossible travel", fr: "Déplacement impossible" },
    sentence: Text { en: "{km} km from {place} in {w}", fr: "{km} km depuis {place} en {w}" },
    weight: 45,
    parameters: &[
        Parameter::new("speed_km_h", Unit::KilometresPerHour, 900, 1, 100_000),
        Parameter::new("distance_km", Unit::Kilometres, 100, 1, 20_000),
    ],
    lists: &[],
    firing,
    values,
};

/// Great-circle distance by the haversine formula, rounded down; none if it is not a number.
fn distance_km(one: Place, other: Place) -> Option<i64> {
    let radians = |degrees_e6: i32| (f64::from(degrees_e6) / 1e6).to_radians();
    let (latitude, other_latitude) = (radians(one.latitude_e6), radians(other.latitude_e6));
    let north = ((other_latitude - latitude) / 2.0).sin();
    let east = ((radians(other.longitude_e6) - radians(one.longitude_e6)) / 2.0).sin();
    let chord = north * north + latitude.cos() * other_latitude.cos() * east * east;
    let km = 2.0 * EARTH_RADIUS_KM * chord.clamp(0.0, 1.0).sqrt().asin();
    km.is_finite().then_some(km as i64)
}

/// No shorter than the distance, and known without a sine: first due north, then due east. Most payments are made in town.
fn most_km(one: Place, other: Place) -> i64 {
    const KM_PER_DEGREE: i64 = 112;
    let north = i64::from(one.latitude_e6) - i64::from(other.latitude_e6);
    let east = i64::from(one.longitude_e6) - i64::from(other.longitude_e6);
    (north.abs() + east.abs()) * KM_PER_DEGREE / 1_000_000
}

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(place) = facts.place else { return Firing::Never };
    let Some(last) = known!(&facts.own).last_place else { return Firing::Never };
    if most_km(last.place, place) < parameters.values[DISTANCE_KM] {
        return Firing::Never;
    }
    let Some(km) = distance_km(last.place, place) else { return Firing::Unknown };
    let elapsed_ms = facts.at_ms.saturating_sub(last.at_ms).max(0);
    let reachable = elapsed_ms.saturating_mul(parameters.values[SPEED_KM_H]);
    Firing::when(km >= parameters.values[DISTANCE_KM] && km.saturating_mul(HOUR_MS) > reachable)
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let nowhere = Place { latitude_e6: 0, longitude_e6: 0 };
    let here = facts.place.unwrap_or(nowhere);
    let (last, at_ms) = facts.own_or_none(|own| own.last_place).map_or((here, 0), |seen| (seen.place, seen.at_ms));
    Values::from([
        (Placeholder::Km, Value::Kilometres(distance_km(last, here).unwrap_or(0))),
        (Placeholder::Place, Value::Place(last)),
        (Placeholder::W, Value::DurationMs(facts.at_ms.saturating_sub(at_ms))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    const PARIS: (i32, i32) = (48_856_600, 2_352_200);
    const LYON: (i32, i32) = (45_764_000, 4_835_700);
    const TOKYO: (i32, i32) = (35_676_200, 139_650_300);
    const VERSAILLES: (i32, i32) = (48_801_400, 2_130_100);
    let trip = |name, from, to, minutes| quiet(name).travel(from, to, minutes);
    Fixtures {
        rule: RuleId::ImpossibleTravel,
        firing: vec![
            trip("Paris and Lyon in 20 minutes", PARIS, LYON, 20),
            trip("Paris and Tokyo in ten hours", PARIS, TOKYO, 600),
            trip("at the same moment", LYON, PARIS, 0),
        ],
        silent: vec![
            trip("Paris and Lyon by train", PARIS, LYON, 120),
            trip("the next suburb at once", PARIS, VERSAILLES, 0),
            trip("Paris and Tokyo in twelve hours", PARIS, TOKYO, 720),
            quiet("no place known"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn anywhere() -> impl Strategy<Value = Place> {
        (-90_000_000..=90_000_000_i32, -180_000_000..=180_000_000_i32)
            .prop_map(|(latitude_e6, longitude_e6)| Place { latitude_e6, longitude_e6 })
    }

    proptest! {
        #[test]
        fn no_way_is_longer_than_north_then_east(one in anywhere(), other in anywhere(), near in 0..300_000_i32) {
            let beside = Place { longitude_e6: one.longitude_e6 + near, latitude_e6: one.latitude_e6 - near / 3 };
            for there in [other, beside] {
                prop_assert!(distance_km(one, there) <= Some(most_km(one, there)));
            }
        }
    }
}
