//! What the compiler says about wrong programs: one mistake per file, one error per mistake.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes what it says now; read it before you commit it. `docs/internals/errors.md` says how an
//! error comes to be one, and what cannot be had.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

#[test]
fn wrong_programs_get_one_good_error() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
    cases.compile_fail("tests/ui/*/*/*.rs");
}

/// Programs that get another number of errors than one, and why.
const SEVERAL: &[(&str, usize, &str)] = &[
    ("guide/update_that_is_lost_between_branches", 8, "Eight branches that change the state are eight mistakes"),
    ("workflow/several/three_names_that_do_not_exist", 3, "Three mistakes give three errors within one phase only"),
    ("workflow/several/three_mistakes_of_the_parser", 3, "Three mistakes give three errors within one phase only"),
    ("workflow/several/three_mistakes_of_types", 3, "Three mistakes give three errors within one phase only"),
    ("workflow/several/three_mistakes_in_three_branches", 3, "Three mistakes give three errors within one phase only"),
];

/// Programs whose errors say that they come from the macro, and why that cannot be helped.
const FROM_THE_MACRO: &[(&str, &str)] = &[];

#[test]
fn every_program_has_one_error() {
    every_error(|name, said, wrong| {
        let expected = SEVERAL.iter().find(|(several, ..)| *several == name).map_or(1, |(_, count, _)| *count);
        let errors = said.lines().filter(|line| line.starts_with("error")).count();
        if errors != expected {
            wrong(format!("{errors} errors instead of {expected}"));
        }
    });
}

#[test]
fn errors_do_not_speak_of_plumbing() {
    every_error(|name, said, wrong| {
        if said.contains("__private") {
            wrong("mentions `__private`".to_owned());
        }
        let from_the_macro = said.contains("this error originates in");
        if from_the_macro != FROM_THE_MACRO.iter().any(|(known, _)| *known == name) {
            wrong(format!("says that it originates in a macro: {from_the_macro}"));
        }
    });
}

/// An error at the whole macro says nothing of where in it.
#[test]
fn errors_are_shown_at_the_users_tokens() {
    every_error(|_, said, wrong| {
        for place in said.lines().filter_map(|line| line.trim_start().strip_prefix("--> ")) {
            let mut parts = place.rsplitn(3, ':');
            let (Some(column), Some(line), Some(file)) = (parts.next(), parts.next(), parts.next()) else { continue };
            let (Ok(line), Ok(column)) = (line.parse::<usize>(), column.parse::<usize>()) else { continue };
            let source = fs::read_to_string(file).unwrap_or_default();
            let shown = source.lines().nth(line - 1).and_then(|line| line.get(column - 1..)).unwrap_or_default();
            if shown.starts_with("workflow!") || shown.starts_with("#[step") {
                wrong(format!("is shown at the macro as a whole: {place}"));
            }
        }
    });
}

/// The guide "what cannot go wrong" shows programs of `tests/ui/guide`, and of what the compiler says of each as much as there is to learn from.
#[test]
fn the_guide_shows_what_the_compiler_says() {
    let guide = fs::read_to_string("src/docs/what_cannot_go_wrong.md").expect("the guide");
    let programs: Vec<(String, String)> = files_in(Path::new("tests/ui/guide"))
        .expect("the programs of the guide")
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(|file| (fs::read_to_string(&file).expect("a program"), fs::read_to_string(file.with_extension("stderr")).expect("its error")))
        .collect();
    let mut blocks = guide.split("```rust,compile_fail\n").skip(1);
    let shown: Vec<_> = blocks.by_ref().collect();
    assert_eq!(shown.len(), programs.len(), "the guide shows every program");
    for block in shown {
        let (code, rest) = block.split_once("```").expect("a block ends");
        let code: String = code.lines().map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line))).collect();
        let file = format!("{code}\nfn main() {{}}\n");
        let (_, said) =
            programs.iter().find(|(program, _)| *program == file).unwrap_or_else(|| panic!("in tests/ui/guide there is no\n{file}"));
        let (shown, _) = rest.split_once("```text\n").and_then(|(_, shown)| shown.split_once("```")).expect("the error is shown");
        let mut lines = said.lines().map(without_number);
        assert_eq!(lines.clone().next(), shown.lines().next().map(without_number), "it begins like\n{said}");
        for line in shown.lines() {
            assert!(
                lines.any(|said| said == without_number(line)),
                "the guide shows\n{shown}\nand the compiler does not say\n{line}\nthere:\n{said}"
            );
        }
    }
    for name in guide.split('`').filter(|name| name.starts_with("tests/") && name.ends_with(".rs")) {
        assert!(Path::new(name).exists(), "the guide names `{name}`");
    }
}

/// `12 |     draft;` without the number of the line, which the guide leaves out.
fn without_number(line: &str) -> &str {
    let rest = line.trim_start_matches(|first: char| first.is_ascii_digit() || first == ' ');
    if rest.starts_with(['|', '=']) { rest } else { line }
}

/// Every list of exceptions is kept as short as it can be, and told in the documentation.
#[test]
fn exceptions_exist_and_are_explained() {
    let page = fs::read_to_string("docs/internals/errors.md").expect("the page about errors");
    let known = SEVERAL.iter().map(|(name, _, why)| (name, why)).chain(FROM_THE_MACRO.iter().map(|(name, why)| (name, why)));
    for (name, why) in known {
        assert!(Path::new("tests/ui").join(name).with_extension("rs").exists(), "there is no `{name}`");
        assert!(page.contains(why), "docs/internals/errors.md does not say of `{name}`: {why}");
    }
}

/// Looks at each expected error, and fails with all that is wrong.
fn every_error(check: impl Fn(&str, &str, &mut dyn FnMut(String))) {
    let mut wrong = Vec::new();
    let root = Path::new("tests/ui");
    let files = files_in(root).expect("the folder of UI tests");
    assert!(files.len() > 400, "each program and what is said of it");
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "stderr")) {
        let name = file.strip_prefix(root).expect("it is in the folder").with_extension("");
        let said = fs::read_to_string(file).expect("a readable file");
        check(&name.to_string_lossy(), &said, &mut |why| wrong.push(format!("{}: {why}", name.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.append(&mut files_in(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
