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

flows::workflow! {
    /// Every container, in an edition that is older than the macro's.
    pub Nested(text: String) -> usize {
        map |text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        each lengths |word| { words::count(word); }
        map as total |lengths| lengths.iter().sum();
        condition few (|n| *n < 10) { words::double; }
        loop grow (max = 8, until = |n| *n > 20) { words::double; }
        router by_size (|n| *n > 100) {
            true => map |n| *n,
            false => steps more { words::double with (on_error = skip); },
        }
        parallel both (on_error = collect) {
            words::double;
            map as same |n| *n;
        }
        map as sum |a, b| a.as_ref().unwrap_or(&0) + b.as_ref().unwrap_or(&0);
    }
}
