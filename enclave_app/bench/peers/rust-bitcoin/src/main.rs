//! Signs the PSBTs of a pack with rust-bitcoin: bytes, `Psbt::sign`, bytes.
//!
//! Usage: `rust-bitcoin PACK MILLISECONDS SIGNED`, as `sign_pack` of this project has it. The key handed over is the branch's,
//! so that an input costs one derivation.

use std::error::Error;
use std::fmt::Write;
use std::time::{Duration, Instant};
use std::{env, fs};

use bitcoin::bip32::{ChildNumber, Xpriv};
use bitcoin::hex::FromHex;
use bitcoin::psbt::{GetKey, KeyRequest, Psbt};
use bitcoin::secp256k1::{All, Secp256k1, Signing};
use bitcoin::{Network, PrivateKey};

type Outcome<T> = Result<T, Box<dyn Error>>;

extern "C" {
    fn clock() -> i64; // CPU time of the process in microseconds
}

fn cpu_us() -> f64 {
    unsafe { clock() as f64 }
}

struct Branch(Xpriv);

impl GetKey for Branch {
    type Error = bitcoin::bip32::Error;

    fn get_key<C: Signing>(
        &self,
        request: KeyRequest,
        secp: &Secp256k1<C>,
    ) -> Result<Option<PrivateKey>, Self::Error> {
        let KeyRequest::Bip32((_, path)) = request else { return Ok(None) };
        let index: &[ChildNumber] = &path[4..];
        self.0.derive_priv(secp, &index).map(|key| Some(key.to_priv()))
    }
}

struct Spend {
    branch: Branch,
    psbt: Vec<u8>,
}

fn read_pack(secp: &Secp256k1<All>, path: &str) -> Outcome<Vec<Spend>> {
    let mut spends = Vec::new();
    for line in fs::read_to_string(path)?.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let master = Xpriv::new_master(Network::Regtest, &Vec::from_hex(words[1])?)?;
        let path = [
            ChildNumber::from_hardened_idx(words[0].parse()?)?,
            ChildNumber::from_hardened_idx(1)?,
            ChildNumber::from_hardened_idx(0)?,
            ChildNumber::from_normal_idx(0)?,
        ];
        spends.push(Spend { branch: Branch(master.derive_priv(secp, &path)?), psbt: Vec::from_hex(words[2])? });
    }
    Ok(spends)
}

fn sign_once(secp: &Secp256k1<All>, spend: &Spend) -> Outcome<Vec<u8>> {
    let mut psbt = Psbt::deserialize(&spend.psbt)?;
    psbt.sign(&spend.branch, secp).map_err(|(_, errors)| format!("{errors:?}"))?;
    Ok(psbt.serialize())
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().collect();
    let secp = Secp256k1::new();
    let spends = read_pack(&secp, &arguments[1])?;
    let mut inputs = 0;
    for spend in &spends {
        inputs += Psbt::deserialize(&spend.psbt)?.inputs.len();
    }

    let end = Instant::now() + Duration::from_millis(arguments[2].parse()?);
    let mut fastest = f64::MAX;
    loop {
        let before = cpu_us();
        for spend in &spends {
            sign_once(&secp, spend)?;
        }
        fastest = fastest.min(cpu_us() - before);
        if Instant::now() >= end {
            break;
        }
    }
    println!("{{\"inputs\": {inputs}, \"sign\": {:.3}}}", fastest / inputs as f64);

    let mut lines = String::new();
    for spend in &spends {
        for byte in sign_once(&secp, spend)? {
            write!(lines, "{byte:02x}")?;
        }
        lines.push('\n');
    }
    Ok(fs::write(&arguments[3], lines)?)
}
