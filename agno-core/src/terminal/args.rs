//! The flags of a chat loop.

use std::ffi::OsString;

use lexopt::{Arg, Parser, ValueExt as _};

/// What the flags say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Args {
    pub(super) session: Option<String>,
    pub(super) user: Option<String>,
    pub(super) stream: bool,
    pub(super) steps: bool,
    pub(super) json: bool,
    pub(super) help: bool,
}

/// What `--help` prints below the workflow's own description.
pub(super) const HELP: &str = "\
Options:
  --session <ID>   goes on with a session
  --user <NAME>    whose runs these are
  --stream         shows content as it arrives
  --steps          shows the steps of each run, and what it took
  --json           takes lines as JSON
  -h, --help       prints this";

impl Args {
    /// Reads flags.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub(super) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        Self::parse(Parser::from_args(args)).map_err(|error| format!("{error}\n\n{HELP}"))
    }

    fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut args = Self::default();
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("session") => args.session = Some(parser.value()?.string()?),
                Arg::Long("user") => args.user = Some(parser.value()?.string()?),
                Arg::Long("stream") => args.stream = true,
                Arg::Long("steps") => args.steps = true,
                Arg::Long("json") => args.json = true,
                Arg::Short('h') | Arg::Long("help") => args.help = true,
                other => return Err(other.unexpected()),
            }
        }
        Ok(args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Args, String> {
        Args::read(args.iter().map(OsString::from))
    }

    #[test]
    fn flags_are_read() {
        let args = read(&["--session", "s-1", "--user=Ann", "--stream", "--steps", "--json"]).expect("they are right");
        let expected =
            Args { session: Some("s-1".to_owned()), user: Some("Ann".to_owned()), stream: true, steps: true, json: true, help: false };
        assert_eq!(args, expected);
        assert!(read(&["-h"]).expect("it is right").help);
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_right() {
        for (args, expected) in [
            (&["--sesion", "s"][..], "invalid option '--sesion'"),
            (&["--user"][..], "missing argument for option '--user'"),
            (&["hello"][..], "hello"),
        ] {
            let error = read(args).expect_err("it is wrong");
            assert!(error.contains(expected) && error.contains("--session <ID>"), "{error}");
        }
    }
}
