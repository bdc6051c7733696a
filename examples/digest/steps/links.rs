//! Whether links are well formed. Nothing is fetched.

use agno::prelude::*;

use crate::model::{CheckedLink, Link, Text};

/// Checks the form of one link.
#[step]
pub fn check_link(link: &Link, text: &Text) -> CheckedLink {
    CheckedLink { link: link.clone(), problem: problem_of(&link.target, text) }
}

fn problem_of(target: &str, text: &Text) -> Option<String> {
    if target.is_empty() {
        return Some("it has no target".to_owned());
    }
    if target.contains(char::is_whitespace) {
        return Some("it contains a space; write %20".to_owned());
    }
    if let Some(anchor) = target.strip_prefix('#') {
        let known = text.headings().any(|section| anchor_of(&section.heading) == anchor);
        return (!known).then(|| format!("there is no heading for `#{anchor}`"));
    }
    match target.split_once(':') {
        Some((scheme @ ("http" | "https"), rest)) => problem_of_address(scheme, rest),
        Some(("mailto", rest)) => (!rest.contains('@')).then(|| "the mail address has no `@`".to_owned()),
        _ if target.contains('\\') => Some("it contains a backslash; write `/`".to_owned()),
        _ => None,
    }
}

fn problem_of_address(scheme: &str, rest: &str) -> Option<String> {
    let Some(rest) = rest.strip_prefix("//") else { return Some(format!("`{scheme}:` is not followed by `//`")) };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let named = host == "localhost" || (host.contains('.') && host.split('.').all(|label| !label.is_empty()));
    (!named).then(|| format!("`{host}` is no host name"))
}

/// `What it is, in short` is `what-it-is-in-short`.
fn anchor_of(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Section;

    #[test]
    fn good_links_have_no_problem() {
        let heading = "What it is, in short".to_owned();
        let text = Text { sections: vec![Section { level: 2, heading, ..Section::default() }], ..Text::default() };
        for target in
            ["https://example.org/a?b#c", "http://localhost:8080", "mailto:a@b.c", "docs/guide.md", "../LICENSE", "#what-it-is-in-short"]
        {
            assert_eq!(problem_of(target, &text), None, "{target}");
        }
    }

    #[test]
    fn bad_links_say_why() {
        for (target, problem) in [
            ("", "it has no target"),
            ("my file.md", "it contains a space; write %20"),
            ("#nowhere", "there is no heading for `#nowhere`"),
            ("https:/example.org", "`https:` is not followed by `//`"),
            ("https://example..org", "`example..org` is no host name"),
            ("https:///path", "`` is no host name"),
            ("mailto:nobody", "the mail address has no `@`"),
            ("docs\\guide.md", "it contains a backslash; write `/`"),
        ] {
            assert_eq!(problem_of(target, &Text::default()).as_deref(), Some(problem), "{target}");
        }
    }
}
