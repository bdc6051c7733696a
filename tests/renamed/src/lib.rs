//! A crate that calls `agno` by another name, and whose steps other crates use. The macros find the name in `Cargo.toml`.

pub mod words {
    //! Steps and a workflow for others.

    use flows::{step, workflow};

    /// Counts words.
    #[step]
    #[must_use]
    pub fn count(text: &str) -> usize {
        text.split_whitespace().count()
    }

    #[step]
    pub(crate) fn double(n: &usize) -> usize {
        n * 2
    }

    workflow! {
        /// Counts words twice.
        pub Counting(text: String) -> usize { count; double; }
    }
}

mod private {
    use flows::step;

    #[step]
    pub(super) fn loud(text: &str) -> String {
        text.to_uppercase()
    }
}

use private::loud;
use words::Counting;

flows::workflow! {
    /// Shouts, and counts what was shouted.
    pub Shouting(text: String) -> (String, usize) {
        loud;
        parallel both {
            map |text| text.clone();
            Counting;
        }
    }
}
