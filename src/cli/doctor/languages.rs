//! Which languages are parsed, and which have lost their parser because of a broken query.

use super::{Check, Status};
use crate::syntax::Registry;

/// One check for everything that works, and one for each thing that does not.
pub fn checks(registry: &Registry) -> Vec<Check> {
    let parsed = |problem_free: &str| registry.problems().iter().all(|problem| problem.language != problem_free);
    let names = registry.languages().iter().map(|language| language.name.as_str()).filter(|name| parsed(name));
    let mut checks = vec![Check::ok("languages", names.collect::<Vec<_>>().join(", "))];
    checks.extend(registry.check_queries().iter().map(|problem| {
        Check::new(
            Status::Error,
            format!("language {}", problem.language),
            format!("{}: {}; its files take part as plain text", problem.file, problem.message),
            format!("correct grammars/{}/{} and build again; other languages are not concerned", problem.language, problem.file),
        )
    }));
    checks
}
