//! One snapshot for each construct.

use super::{body, expanded};

#[test]
fn steps_in_a_row() {
    insta::assert_snapshot!(expanded(
        "
        /// Researches a topic.
        pub ContentPipeline(topic: Topic) -> Article {
            parallel research { hacker_news; web_search; }
            write;
        }"
    ));
}
