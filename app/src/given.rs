//! A form that was given back: what was typed and what is wrong with it, from unfinished work (`?form=ID`).

use crate::components::field::Problem;
use crate::ports::Draft;
use crate::visit::Visit;

/// What the page's form starts from.
#[derive(Debug, Clone, Default)]
pub struct Given {
    draft: Draft,
    /// It could not be kept, or is no longer there.
    pub lost: bool,
}

impl Given {
    /// The form named in the address, if it is this visitor's. Before signing in counts as this visitor's: the id is
    /// known to nobody else.
    pub async fn of(visit: &Visit) -> Self {
        let Some(form) = visit.query.get("form") else { return Given::default() };
        let Ok(id) = form.parse() else { return Given { lost: true, ..Given::default() } };
        let drafts = &visit.ports.drafts;
        let own = drafts.take(&visit.request.draft_owner(), id).await.ok().flatten();
        let draft = match own {
            Some(draft) => Some(draft),
            None => drafts.take("visitor", id).await.ok().flatten(),
        };
        draft.map_or(Given { lost: true, ..Given::default() }, |draft| Given { draft, lost: false })
    }

    pub fn is_empty(&self) -> bool {
        self.draft.values.is_empty()
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.draft.values.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value, or nothing, as a field shows it.
    pub fn text(&self, name: &str) -> String {
        self.value(name).unwrap_or_default().to_owned()
    }

    /// The code against a field, if there is one.
    pub fn code(&self, field: &str) -> Option<&str> {
        self.draft.problems.iter().find(|(name, _)| name == field).map(|(_, code)| code.as_str())
    }

    pub fn has_problems(&self) -> bool {
        !self.draft.problems.is_empty()
    }

    /// Problems with their sentences; a code without one becomes `otherwise`.
    pub fn problems(&self, sentence: impl Fn(&str) -> Option<&'static str>, otherwise: &'static str) -> Vec<Problem> {
        let problem = |(field, code): &(String, String)| Problem {
            field: field.clone(),
            sentence: sentence(code).unwrap_or(otherwise).to_owned(),
        };
        self.draft.problems.iter().map(problem).collect()
    }
}
