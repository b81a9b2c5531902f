//! Where things are: towns with their centres, in millionths of a degree, and countries.

use crate::random::Chance;
use domain::command::Place;

#[derive(Debug)]
pub struct Town {
    pub country: &'static str,
    latitude_e6: i32,
    longitude_e6: i32,
}

const fn town(country: &'static str, latitude_e6: i32, longitude_e6: i32) -> Town {
    Town { country, latitude_e6, longitude_e6 }
}

/// Where customers live: Paris, Lyon, Lille, Nantes, Bordeaux, Strasbourg, Toulouse, Brussels.
pub static HOMES: [Town; 8] = [
    town("FR", 48_856_600, 2_352_200),
    town("FR", 45_764_000, 4_835_700),
    town("FR", 50_629_200, 3_057_300),
    town("FR", 47_218_400, -1_553_600),
    town("FR", 44_837_800, -579_200),
    town("FR", 48_573_400, 7_752_100),
    town("FR", 43_604_700, 1_444_200),
    town("BE", 50_850_300, 4_351_700),
];

/// Where they spend their holidays: Barcelona, Rome, Lisbon, Nice.
pub static HOLIDAYS: [Town; 4] = [
    town("ES", 41_385_100, 2_173_400),
    town("IT", 41_902_800, 12_496_400),
    town("PT", 38_722_300, -9_139_300),
    town("FR", 43_710_200, 7_262_000),
];

/// Where nobody of them ever is, but copies of their cards and passwords: Miami, Singapore, Toronto, São Paulo.
pub static FAR: [Town; 4] = [
    town("US", 25_761_700, -80_191_800),
    town("SG", 1_352_100, 103_819_800),
    town("CA", 43_653_200, -79_383_200),
    town("BR", -23_550_500, -46_633_300),
];

impl Town {
    /// Somewhere in town: at most about seven kilometres from its centre.
    pub fn somewhere(&self, chance: &mut Chance) -> Place {
        let mut near = |centre: i32| centre + i32::try_from(chance.between(-45_000, 45_000)).unwrap_or(0);
        Place { latitude_e6: near(self.latitude_e6), longitude_e6: near(self.longitude_e6) }
    }
}
