//! For the tests of a caller's death: starts PID 1s as told, prints their PIDs, and sleeps.
//! `hold PROGRAM COUNT [MODE]`

use hiatus_probe_core::options::{Enter, Start, Storm};
use hiatus_probe_core::{enter, start, storm};
use std::io::{self, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [program, count] = [&args[1], &args[2]];
    let count: usize = count.parse()?;
    let options = Start { args: vec!["reap".into()], ..Start::new(program) };
    let mut held = Vec::new();
    for _ in 0..count {
        // Each from a thread that ends: what follows a thread's death would show.
        let options = options.clone();
        held.push(std::thread::spawn(move || start(&options)).join().unwrap()?);
    }
    for process in &held {
        println!("{}", process.pid());
    }
    if let (Some("enter"), Some(first)) = (args.get(3).map(String::as_str), held.first()) {
        let argv = vec!["deaf".into(), "deaf".into()];
        let entered = enter(first, &Enter { argv, ..Enter::new(program) })?;
        println!("{}", entered.pid());
        held.push(entered);
    }
    println!("ready");
    io::stdout().flush()?;
    if let (Some("storm"), Some(first)) = (args.get(3).map(String::as_str), held.first()) {
        storm(first, &Storm::new(10_000_000))?;
    }
    if args.get(3).map(String::as_str) == Some("start") {
        loop {
            start(&options)?;
        }
    }
    loop {
        std::thread::park();
    }
}
