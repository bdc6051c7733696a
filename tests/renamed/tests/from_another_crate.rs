//! Steps and workflows of another crate, used by their paths.

use agno_renamed::{words, words::count, Nested, Shouting};

flows::workflow! {
    Together(text: String) -> usize {
        count;
        words::count(text) as again;
        words::Counting(text) as nested;
        map |n| n + 1;
    }
}

#[tokio::test]
async fn steps_of_another_crate_run() {
    let out = Together::new().run("one two three").await.expect("runs");
    assert_eq!(*out.content, 7);
    let out = Shouting::new().run("one two").await.expect("runs");
    assert_eq!(*out.content, ("ONE TWO".to_owned(), 4));
    let out = Nested::new().run("one two three").await.expect("runs");
    assert_eq!(*out.content, 144);
}
