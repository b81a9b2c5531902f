//! Trees laid out for scoring: every tree full to the same depth, so that a walk has no end to test for and several
//! trees are walked at once.
//!
//! Promises: the sum of the leaves the stored trees lead to, added in their order.

use super::recipe::DEPTH_MAX;
use super::tree::Tree;
use crate::features::N;

/// Trees walked side by side: their steps do not wait for each other. Measured: fewer wait, more gain nothing.
const ABREAST: usize = 10;
/// Room for the values.
const WIDTH: usize = N.next_power_of_two();
/// So that a byte names each value.
const _: () = assert!(N <= 256);

#[derive(Debug, Clone)]
pub struct Scorer {
    depth: usize,
    trees: usize,
    /// Per tree 2^depth: the root at 1, the children of `i` at `2i` and `2i + 1`; 0 is no node.
    thresholds: Vec<f64>,
    /// As the thresholds; the index of the value that each is for.
    features: Vec<u8>,
    /// Per tree 2^depth, as if their places went on from those of the splits.
    leaves: Vec<f64>,
}

impl Scorer {
    /// Of checked trees; `places` are the values' indexes of the trees' features.
    pub fn new(trees: &[Tree], places: &[usize]) -> Self {
        let depth = trees.iter().map(Tree::depth).max().unwrap_or(0);
        // Filled up with trees that say 0.
        let padded = trees.len().next_multiple_of(ABREAST);
        let size = 1 << depth;
        let mut scorer = Scorer {
            depth,
            trees: trees.len(),
            // Goes to the first child whatever the value.
            thresholds: vec![f64::INFINITY; padded * size],
            features: vec![0; padded * size],
            leaves: vec![0.0; padded * size],
        };
        for (index, tree) in trees.iter().enumerate() {
            // (node, its place in the full tree, its depth)
            let mut open = vec![(0, 1, 0)];
            while let Some((node, place, level)) = open.pop() {
                match tree.feature[node] {
                    Some(feature) => {
                        scorer.thresholds[index * size + place] = tree.threshold[node];
                        scorer.features[index * size + place] = u8::try_from(places[usize::from(feature)]).unwrap_or(0);
                        let child = tree.child[node] as usize;
                        open.extend([(child, 2 * place, level + 1), (child + 1, 2 * place + 1, level + 1)]);
                    }
                    None => {
                        let place = place << (depth - level);
                        scorer.leaves[index * size + place - size] = tree.value[node];
                    }
                }
            }
        }
        scorer
    }

    pub fn trees(&self) -> usize {
        self.trees
    }

    /// Log-odds.
    pub fn score(&self, values: &[f64; N]) -> f64 {
        match self.depth {
            0 => self.walk::<0, 1>(values),
            1 => self.walk::<1, 2>(values),
            2 => self.walk::<2, 4>(values),
            3 => self.walk::<3, 8>(values),
            4 => self.walk::<4, 16>(values),
            5 => self.walk::<5, 32>(values),
            6 => self.walk::<6, 64>(values),
            7 => self.walk::<7, 128>(values),
            // No checked tree is deeper.
            _ => self.walk::<DEPTH_MAX, { 1 << DEPTH_MAX }>(values),
        }
    }

    /// `SIZE` is 2^`DEPTH`. Powers of two that are known when compiled, so that no step of a walk has a bound to check.
    fn walk<const DEPTH: usize, const SIZE: usize>(&self, values: &[f64; N]) -> f64 {
        let mut wide = [0.0; WIDTH];
        wide[..N].copy_from_slice(values);
        let (thresholds, _) = self.thresholds.as_chunks::<SIZE>();
        let (thresholds, _) = thresholds.as_chunks::<ABREAST>();
        let (features, _) = self.features.as_chunks::<SIZE>();
        let (features, _) = features.as_chunks::<ABREAST>();
        let (leaves, _) = self.leaves.as_chunks::<SIZE>();
        let (leaves, _) = leaves.as_chunks::<ABREAST>();
        let mut sum = 0.0;
        for ((thresholds, features), leaves) in thresholds.iter().zip(features).zip(leaves) {
            let mut places = [1_usize; ABREAST];
            for _ in 0..DEPTH {
                for ((thresholds, features), place) in thresholds.iter().zip(features).zip(&mut places) {
                    let node = *place % SIZE;
                    let value = wide[usize::from(features[node]) % WIDTH];
                    *place = 2 * *place + usize::from(value >= thresholds[node]);
                }
            }
            for (leaves, place) in leaves.iter().zip(places) {
                sum += leaves[place % SIZE];
            }
        }
        sum
    }
}
