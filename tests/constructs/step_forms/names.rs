//! Steps from modules, and with raw names.

use agno::prelude::*;

use crate::support::paths;

mod library {
    use agno::prelude::*;

    #[step]
    pub(super) fn imported(n: &u32) -> u32 {
        n + 1
    }

    pub(super) mod deep {
        use agno::prelude::*;

        #[step]
        pub(in super::super) fn r#match(n: &u32) -> u32 {
            n * 3
        }
    }
}

use library::imported;

workflow! { FromModules(n: u32) -> u32 { imported; library::imported as again; library::deep::r#match; self::library::imported as third; } }

#[tokio::test]
async fn steps_come_from_modules_and_may_have_raw_names() {
    let run = FromModules::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, 10);
    assert_eq!(paths(&run.steps), ["imported", "again", "match", "third"]);
}
