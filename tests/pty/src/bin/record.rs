//! Records a program in a terminal as an animated SVG: `record <file.svg> <program> <arguments…>`. What is shown is what the program wrote.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use agno_pty::{Error, Terminal, svg};

/// Columns and rows of the picture.
const SIZE: (u16, u16) = (92, 40);

/// Time between two looks at the screen.
const FRAME: Duration = Duration::from_millis(160);

/// How long the last picture stays, in milliseconds.
const LAST: u64 = 8_000;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(program)) = (args.next(), args.next()) else {
        return Err("write `record <file.svg> <program> <arguments…>`".into());
    };
    let (terminal, _keyboard) = Terminal::run(program, args, &[], SIZE)?;
    let mut film = svg::Film::new(SIZE);
    let mut begun: Option<Instant> = None;
    loop {
        let has_ended = terminal.has_ended();
        let picture = terminal.picture();
        if !terminal.is_drawing() && (begun.is_some() || !picture.is_empty()) {
            let at = begun.get_or_insert_with(Instant::now).elapsed();
            film.add(u64::try_from(at.as_millis())?, picture);
        }
        if has_ended {
            break;
        }
        terminal.wait_change(FRAME);
    }
    let mut text = String::new();
    write!(text, "{}", film.draw(LAST))?;
    std::fs::write(&file, text)?;
    println!("{file}: {} pictures", film.len());
    Ok(())
}
