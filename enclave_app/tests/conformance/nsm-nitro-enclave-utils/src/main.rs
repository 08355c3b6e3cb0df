//! Runs nsm-nitro-enclave-utils, a verifier of others, on the conformance suite.
//!
//! Usage: `conformance ROOT`, with a line `SECONDS FILE` on standard input for each document. Prints a line each:
//! `accepted`, `refused` or `panics`.

use std::io::{stdin, BufRead};
use std::{env, fs, panic};

use nsm_nitro_enclave_utils::api::nsm::AttestationDoc;
use nsm_nitro_enclave_utils::time::Time;
use nsm_nitro_enclave_utils::verify::AttestationDocVerifierExt;

fn main() {
    let root = fs::read(env::args().nth(1).expect("a root")).expect("the root's file");
    panic::set_hook(Box::new(|_| {}));
    for line in stdin().lock().lines() {
        let line = line.expect("a line");
        let (seconds, file) = line.split_once(' ').expect("seconds and a file");
        let milliseconds = 1000 * seconds.parse::<u64>().expect("seconds");
        let document = fs::read(file).expect("the document's file");
        let verdict = panic::catch_unwind(|| {
            AttestationDoc::from_cose(&document, &root, Time::new(Box::new(move || milliseconds))).is_ok()
        });
        println!("{}", match verdict {
            Ok(true) => "accepted",
            Ok(false) => "refused",
            Err(_) => "panics",
        });
    }
}
