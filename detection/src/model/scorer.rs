//! Trees laid out for scoring: every tree full to the same depth, so that a walk has no end to test for and several
//! trees are walked at once.
//!
//! Promises: the sum of the leaves the stored trees lead to, added in their order.

use super::tree::Tree;
use crate::features::N;

/// Trees walked side by side: their steps do not wait for each other.
const ABREAST: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Split {
    threshold: f64,
    feature: u32,
}

/// Goes to the first child whatever the value.
const ALWAYS_FIRST: Split = Split { threshold: f64::INFINITY, feature: 0 };

#[derive(Debug, Clone)]
pub struct Scorer {
    depth: usize,
    trees: usize,
    /// Per tree 2^depth − 1, the children of `i` at `2i + 1` and `2i + 2`.
    splits: Vec<Split>,
    /// Per tree 2^depth.
    leaves: Vec<f64>,
}

impl Scorer {
    /// Of checked trees; `places` are the values' indexes of the trees' features.
    pub fn new(trees: &[Tree], places: &[usize]) -> Self {
        let depth = trees.iter().map(Tree::depth).max().unwrap_or(0);
        // Filled up with trees that say 0.
        let padded = trees.len().next_multiple_of(ABREAST);
        let (inner, outer) = ((1 << depth) - 1, 1 << depth);
        let mut scorer = Scorer {
            depth,
            trees: trees.len(),
            splits: vec![ALWAYS_FIRST; padded * inner],
            leaves: vec![0.0; padded * outer],
        };
        for (index, tree) in trees.iter().enumerate() {
            // (node, its place in the full tree, its depth)
            let mut open = vec![(0, 0, 0)];
            while let Some((node, place, level)) = open.pop() {
                match tree.feature[node] {
                    Some(feature) => {
                        let feature = u32::try_from(places[usize::from(feature)]).unwrap_or(0);
                        let split = Split { threshold: tree.threshold[node], feature };
                        scorer.splits[index * inner + place] = split;
                        let child = tree.child[node] as usize;
                        open.extend([(child, 2 * place + 1, level + 1), (child + 1, 2 * place + 2, level + 1)]);
                    }
                    None => {
                        let place = (level..depth).fold(place, |place, _| 2 * place + 1);
                        scorer.leaves[index * outer + place - inner] = tree.value[node];
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
        let (inner, outer) = ((1_usize << self.depth) - 1, 1_usize << self.depth);
        if inner == 0 {
            return self.leaves.iter().sum();
        }
        let mut sum = 0.0;
        for (splits, leaves) in self.splits.chunks_exact(inner * ABREAST).zip(self.leaves.chunks_exact(outer * ABREAST))
        {
            let mut places = [0_usize; ABREAST];
            for _ in 0..self.depth {
                for (tree, place) in places.iter_mut().enumerate() {
                    let split = splits[tree * inner + *place];
                    *place = 2 * *place + 1 + usize::from(values[split.feature as usize] >= split.threshold);
                }
            }
            for (tree, place) in places.iter().enumerate() {
                sum += leaves[tree * outer + place - inner];
            }
        }
        sum
    }
}
