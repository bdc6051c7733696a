//! Prints a program for `scripts/size.sh`: `size flat 100`, `size flat 100 hand`, `size deep 200 12`, `size deep 200 12 hand`, `size count 200 12`.

use agno_nestings::generate::size;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| args.get(index).and_then(|arg| arg.parse::<usize>().ok()).expect("a number");
    let by_hand = args.last().is_some_and(|last| last == "hand");
    match args.first().map(String::as_str) {
        Some("flat") => print!("{}", size::flat(number(1), by_hand)),
        Some("deep") => print!("{}", size::deep(number(1), number(2), by_hand)),
        Some("count") => println!("{:?}", size::measure(number(1), number(2))),
        _ => eprintln!("size flat STEPS [hand] | size deep NODES LEVELS [hand]"),
    }
}
