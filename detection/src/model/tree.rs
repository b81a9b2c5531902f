//! One tree as it is stored: flat arrays, one place per node, the root first.
//!
//! Promises, once checked: every node but the root is the child of exactly one node before it, so every walk ends in a
//! leaf; all numbers are finite.

use super::ModelError;
use super::recipe::DEPTH_MAX;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Which feature a node asks for; none for a leaf.
    pub feature: Vec<Option<u16>>,
    /// Values below it go to the first child, all others to the second. 0 for a leaf.
    pub threshold: Vec<f64>,
    /// Place of the first child; the second follows it. 0 for a leaf.
    pub child: Vec<u32>,
    /// Log-odds of a leaf; of an inner node the mean of the leaves behind it, weighted by training rows.
    pub value: Vec<f64>,
    /// Training rows that came by.
    pub rows: Vec<u32>,
}

impl Tree {
    pub fn len(&self) -> usize {
        self.feature.len()
    }

    pub fn is_empty(&self) -> bool {
        self.feature.is_empty()
    }

    /// Adds a leaf and says where.
    pub(super) fn push_leaf(&mut self, rows: u32) -> usize {
        self.feature.push(None);
        self.threshold.push(0.0);
        self.child.push(0);
        self.value.push(0.0);
        self.rows.push(rows);
        self.len() - 1
    }

    /// What the tree says on average of the rows that come to this node.
    pub fn expected(&self, node: usize) -> f64 {
        self.value.get(node).copied().unwrap_or(0.0)
    }

    /// Feature and threshold of every split.
    pub fn splits(&self) -> impl Iterator<Item = (usize, f64)> {
        self.feature
            .iter()
            .zip(&self.threshold)
            .filter_map(|(feature, threshold)| Some(((*feature)?.into(), *threshold)))
    }

    /// Follows a row to its leaf, tells of each split's feature how much it changed what is expected, and answers the
    /// leaf's value.
    pub fn walk(&self, value_of: impl Fn(usize) -> f64, mut visit: impl FnMut(usize, f64)) -> f64 {
        let mut node = 0;
        while let Some(Some(feature)) = self.feature.get(node) {
            let feature = usize::from(*feature);
            let next = self.child[node] as usize + usize::from(value_of(feature) >= self.threshold[node]);
            visit(feature, self.value[next] - self.value[node]);
            node = next;
        }
        self.expected(node)
    }

    /// # Errors
    /// Names what is wrong with which node.
    pub(super) fn check(&self, tree: usize, features: usize) -> Result<(), ModelError> {
        let len = self.len();
        let lens = [self.threshold.len(), self.child.len(), self.value.len(), self.rows.len()];
        if len == 0 || lens.iter().any(|other| *other != len) {
            return Err(ModelError::UnevenTree { tree });
        }
        let mut depth: Vec<Option<usize>> = vec![None; len];
        depth[0] = Some(0);
        for node in 0..len {
            if !self.value[node].is_finite() || !self.threshold[node].is_finite() {
                return Err(ModelError::NotFinite { tree, node });
            }
            let Some(above) = depth[node] else { return Err(ModelError::BadChild { tree, node }) };
            let Some(feature) = self.feature[node] else { continue };
            if usize::from(feature) >= features {
                return Err(ModelError::NoSuchFeature { tree, node });
            }
            if above == DEPTH_MAX {
                return Err(ModelError::TooDeep { tree });
            }
            let child = self.child[node] as usize;
            for child in [child, child.saturating_add(1)] {
                // A child behind its parent that nobody else has: no cycle, no node twice.
                if child <= node || child >= len || depth[child].is_some() {
                    return Err(ModelError::BadChild { tree, node });
                }
                depth[child] = Some(above + 1);
            }
        }
        Ok(())
    }

    /// Splits on the longest way to a leaf.
    pub fn depth(&self) -> usize {
        let mut depth = vec![0; self.len()];
        for node in 0..self.len() {
            if self.feature[node].is_some() {
                let child = self.child[node] as usize;
                for child in [child, child + 1] {
                    depth[child] = depth[node] + 1;
                }
            }
        }
        depth.into_iter().max().unwrap_or(0)
    }
}
