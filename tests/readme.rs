//! The README shows the programs that are tested.

/// The program of the README is the example, without the example's first lines.
#[test]
fn the_readme_shows_the_pipeline() {
    let example = include_str!("../examples/pipeline.rs");
    let (_, program) = example.split_once("\n\n").expect("a header, then the program");
    assert!(include_str!("../README.md").contains(program), "copy `examples/pipeline.rs` into README.md");
}
