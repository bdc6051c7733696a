//! A test that a workflow's definition is the one that is committed.

use std::{fmt::Write as _, path::Path};

use crate::{
    definition::{Current, Definition, Difference, compare, lock_file},
    plan::Plan,
};

/// Asserts that the definition of a workflow is the one in a file beside the code: `assert_definition!(ContentPipeline, "content_pipeline.lock.json")`.
///
/// The file is committed. Its path is relative to the package of the test. With `AGNO_UPDATE=1` in the environment it is written; without, it is compared: so nobody changes by accident
/// what runs in flight depend on, and the review of a change shows what it means to them. The guide is `docs::changing_workflows`.
///
/// ```no_run
/// # use agno_core::{Workflow, testing::assert_definition};
/// # fn test<ContentPipeline: Workflow>() {
/// assert_definition!(ContentPipeline, "content_pipeline.lock.json");
/// # }
/// ```
///
/// # Panics
/// The file is not there, or says something else. The text tells each difference, and which runs in flight cannot go on.
#[doc(hidden)]
#[macro_export]
macro_rules! __assert_definition {
    ($workflow:ty, $file:expr $(,)?) => {
        $crate::testing::assert_definition_in(
            <$workflow as $crate::Workflow>::PLAN,
            ::core::env!("CARGO_MANIFEST_DIR"),
            ::core::convert::AsRef::as_ref($file),
        )
    };
}

/// What the macro calls.
#[track_caller]
pub fn assert_definition_in(plan: &'static Plan, folder: &str, file: &str) {
    let updates = std::env::var_os("AGNO_UPDATE").is_some_and(|value| !value.is_empty() && value != "0");
    if let Err(wrong) = look(plan, &Path::new(folder).join(file), updates) {
        panic!("{wrong}");
    }
}

fn look(plan: &'static Plan, file: &Path, updates: bool) -> Result<(), String> {
    let current = Current::of(plan);
    let (name, shown) = (plan.type_name, file.display());
    let on_file = match std::fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("the lock file `{shown}` cannot be read: {error}")),
    };
    let text = lock_file(&current.json);
    if updates {
        if on_file.as_ref() != Some(&text) {
            std::fs::write(file, text).map_err(|error| format!("the lock file `{shown}` cannot be written: {error}"))?;
        }
        return Ok(());
    }
    let make = "run the test with `AGNO_UPDATE=1` in the environment, and commit the file";
    let Some(on_file) = on_file else {
        return Err(format!("there is no lock file `{shown}` for the definition of `{name}`; {make}"));
    };
    let json = serde_json::from_str(&on_file).map_err(|error| error.to_string());
    let old = json.and_then(|json| Definition::read(&json).map(|old| (json, old)));
    let (json, old) = old.map_err(|error| format!("the lock file `{shown}` is none: {error}; {make}"))?;
    if json == *current.json {
        return Ok(());
    }
    let mut wrong = format!("the definition of `{name}` is not the one in `{shown}`:");
    let differences = compare(&old, &current.definition);
    for difference in differences.iter().filter(|difference| difference.is_told()) {
        // Writing into a `String` cannot fail.
        let _ = write!(wrong, "\n  {difference}\n      {}", verdict(difference));
    }
    if !differences.iter().any(Difference::is_told) {
        wrong.push_str("\n  nothing that runs in flight depend on");
    }
    let _ = write!(wrong, "\nif that is meant, {make}");
    Err(wrong)
}

/// What a difference means to runs in flight.
fn verdict(difference: &Difference) -> String {
    match difference.stops() {
        Some(runs) => format!("{runs} cannot go on: {}", difference.advice()),
        None => "runs in flight go on".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::kept::UNKNOWN;

    #[test]
    fn a_lock_file_is_written_when_that_is_wanted() {
        let file = std::env::temp_dir().join(format!("agno-{}.lock.json", std::process::id()));
        assert!(look(&UNKNOWN, &file, false).expect_err("it is not there").contains("AGNO_UPDATE=1"));
        look(&UNKNOWN, &file, true).expect("it is written");
        look(&UNKNOWN, &file, false).expect("it is the same");
        std::fs::write(&file, "{}").expect("it is changed");
        assert!(look(&UNKNOWN, &file, false).expect_err("it is none").contains("is none"));
        look(&UNKNOWN, &file, true).expect("it is written anew");
        look(&UNKNOWN, &file, false).expect("it is the same");
        std::fs::remove_file(file).expect("it goes");
    }
}
