//! Labels, questions, patterns and documentation with whatever the formats could take for their own.

use agno::prelude::*;

use crate::{fixtures::same, formats::assert_well_formed};

workflow! {
    /// Says "no" to <b>markup</b> & co | `code` \ #35; %% ]] --> \N
    Nasty(text: String) -> String with (name = "A \"nasty\" <name> & \\ | # ; plan") {
        /// A doc with "quotes", a --> b, ]]> and \l.
        same with (label = "\"quoted\" <b>bold</b> | pipe & #35; \\n {curly} [square] (round) `tick` %%");
        same as lines with (label = "two\nlines\tand a tab");
        same as unicode with (label = "naïve 日本語の長いラベルはどうなる 🦀 עברית \u{200b}zero");
        same as control with (label = "bell \u{7} escape \u{1b}[31m red \u{fffe}");
        router way (|text| text.clone()) {
            "<a> & \"b\"" | "c|d" => same as one,
            _ => same as other,
        }
        ask answer: String = "Is 1 < 2 & \"so\"?\n]]> --> <!-- no -->";
    }
}

#[test]
fn nothing_leaves_its_place() {
    let plan = Nasty::PLAN;
    assert_well_formed(plan);
    insta::assert_snapshot!("nasty.txt", plan);
    insta::assert_snapshot!("nasty.mermaid", plan.mermaid());
    insta::assert_snapshot!("nasty.dot", plan.dot());
    insta::assert_snapshot!("nasty.svg", plan.svg());
}

#[test]
fn text_has_no_control_characters_but_line_feeds() {
    let text = Nasty::PLAN.text();
    assert_eq!(text.chars().find(|letter| letter.is_control() && *letter != '\n'), None, "{text}");
}

/// What is read back from SVG is what was written.
#[test]
fn svg_says_what_the_plan_does() {
    let svg = Nasty::PLAN.svg();
    let document = roxmltree::Document::parse(&svg).expect("is XML");
    let texts: Vec<_> = document.descendants().filter(|element| element.has_tag_name("text")).filter_map(|text| text.text()).collect();
    assert!(texts.contains(&"two lines and a tab"), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("\"quoted\" <b>bold</b> | pipe &")), "{texts:?}");
    assert!(texts.contains(&"\"<a> & \\\"b\\\"\" | \"c|d\""), "{texts:?}");
    let titles: Vec<_> = document.descendants().filter(|element| element.has_tag_name("title")).filter_map(|title| title.text()).collect();
    assert!(titles.iter().any(|title| title.starts_with("A doc with \"quotes\", a --> b, ]]> and \\l.")), "{titles:?}");
}

/// What a label says in Mermaid stands between its quotes, without anything that Mermaid or HTML would act on.
#[test]
fn mermaid_labels_have_letters_and_numbers_only() {
    for line in Nasty::PLAN.mermaid().lines().filter(|line| line.trim_start().starts_with('n') && line.contains(":::")) {
        let (_, rest) = line.split_once('"').expect("has a label");
        let (label, _) = rest.rsplit_once('"').expect("has a label");
        let label = label.replace("<br/>", "");
        assert!(!label.contains(['"', '<', '>', '`', '|', '[', ']', '{', '}', '\\', '&']), "{label}");
    }
}
