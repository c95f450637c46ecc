#![allow(clippy::unwrap_used, clippy::panic)]

use super::streams::tests::{ALL, pack};
use super::*;

/// Name, bytes and problem of a source.
type Unpacked = (String, Vec<u8>, Option<String>);
/// Path and reason.
type Left = (String, String);

fn unpacked(name: &str, bytes: &[u8], budget: u64) -> (Vec<Unpacked>, Vec<Left>) {
    let mut found = Found::default();
    let budget = Budget::new(budget);
    Unpack { found: &mut found, budget: &budget }.layer(Source::read(name, bytes.to_vec()), 0);
    let sources = found.sources.into_iter().map(|source| {
        let bytes = source.bytes().to_vec();
        (source.name, bytes, source.problem)
    });
    (sources.collect(), found.skipped.into_iter().map(|skipped| (skipped.path, skipped.reason)).collect())
}

fn tarred(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, contents) in members {
        let mut header = tar::Header::new_gnu();
        // Names are written as they are: `set_path` refuses those that lead outside.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(contents.len() as u64);
        header.set_mtime(1_795_488_229);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *contents).unwrap();
    }
    archive.into_inner().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (path, contents) in members {
        archive.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(contents).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn members_become_sources() {
    let log: &[u8] = b"a line\n";
    let gz = pack(Packing::Gzip, log);
    let tar = tarred(&[("x/y.log", log), ("z.log.gz", &gz)]);
    let zip = zipped(&[("x/y.log", log), ("z.log.gz", &gz)]);
    let both = vec!["!x/y.log", "!z.log.gz"];
    let mut cases = vec![
        ("not packed".to_owned(), log.to_vec(), vec![""]),
        ("tar".into(), tar.clone(), both.clone()),
        ("zip".into(), zip.clone(), both.clone()),
        ("zip in tar".into(), tarred(&[("b.zip", &zip)]), vec!["!b.zip!x/y.log", "!b.zip!z.log.gz"]),
        (
            "paths that lead outside".into(),
            tarred(&[("../../etc/x", log), ("/abs", log)]),
            vec!["!../../etc/x", "!/abs"],
        ),
        ("a path that would do something".into(), tarred(&[("a\x1b[2J", log)]), vec!["!a\u{fffd}[2J"]),
    ];
    for packing in ALL {
        cases.push((packing.name().into(), pack(packing, log), vec![""]));
        cases.push((format!("tar.{}", packing.name()), pack(packing, &tar), both.clone()));
    }
    for (why, bytes, names) in cases {
        let (sources, skipped) = unpacked("a", &bytes, 1 << 20);
        let expected = names.into_iter().map(|name| (format!("a{name}"), log.to_vec(), None));
        assert_eq!(sources, expected.collect::<Vec<_>>(), "{why}");
        assert!(skipped.is_empty(), "{why}: {skipped:?}");
    }
}

#[test]
fn archives_know_when_their_members_were_written() {
    let log: &[u8] = b"a line\n";
    for (why, bytes) in [("gzip", pack(Packing::Gzip, log)), ("tar.xz", pack(Packing::Xz, &tarred(&[("y.log", log)])))]
    {
        let mut found = Found::default();
        unpack(Source::read("a", bytes), &mut found);
        assert_eq!(found.sources[0].modified_s, Some(1_795_488_229), "{why}");
    }
}

#[test]
fn what_was_before_the_damage_is_read() {
    let log: Vec<u8> = (0..20_000)
        .flat_map(|number: u32| format!("{:x}\n", number.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    for packing in ALL {
        let whole = pack(packing, &log);
        let cut = &whole[..whole.len() - 1];
        let (sources, _) = unpacked("a", cut, 1 << 20);
        let [(_, bytes, Some(problem))] = sources.as_slice() else { panic!("{packing:?}: {sources:?}") };
        assert!(log.starts_with(bytes) && bytes.len() > log.len() / 2, "{packing:?}");
        assert_eq!(
            *problem,
            format!("{} data end early at byte {}; what was before it was read", packing.name(), cut.len())
        );
    }
    let tar = tarred(&[("one.log", &log), ("two.log", &log)]);
    let zip = zipped(&[("one.log", &log), ("two.log", &log)]);
    for (why, bytes) in [("tar", tar.clone()), ("tar.gz", pack(Packing::Gzip, &tar)), ("zip", zip)] {
        let (sources, skipped) = unpacked("a", &bytes[..bytes.len() * 3 / 4], 1 << 20);
        assert_eq!(sources[0].1, log, "{why}");
        assert!(sources.get(1).is_none_or(|(_, bytes, problem)| log.starts_with(bytes) && problem.is_some()), "{why}");
        assert!(skipped.iter().any(|(path, _)| path == "a"), "{why}: {skipped:?}");
    }
}

#[test]
fn damage_anywhere_does_no_harm() {
    let log = b"2026/11/20 10:00:01 [emerg] 812#812: bind() to 0.0.0.0:80 failed\n".repeat(20);
    let tar = tarred(&[("one.log", &log), ("two.log", &log)]);
    let mut all: Vec<Vec<u8>> = ALL.iter().map(|packing| pack(*packing, &tar)).collect();
    all.push(zipped(&[("one.log", &log), ("two.log", &log)]));
    all.push(tar);
    for whole in all {
        for at in (0..whole.len()).step_by(1 + whole.len() / 97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let (sources, _) = unpacked("a", &damaged, 1 << 20);
            assert!(sources.iter().map(|(_, bytes, _)| bytes.len()).sum::<usize>() < 1 << 20);
        }
    }
}

#[test]
fn a_bomb_stops_at_the_budget() {
    let zeros = vec![b'0'; 1 << 20];
    for (why, bytes) in [
        ("gzip", pack(Packing::Gzip, &zeros)),
        ("gzip in gzip", pack(Packing::Gzip, &pack(Packing::Gzip, &zeros))),
        ("zip", zipped(&[("a", &zeros), ("b", &zeros)])),
        ("tar.xz", pack(Packing::Xz, &tarred(&[("a", &zeros), ("b", &zeros)]))),
    ] {
        let (sources, skipped) = unpacked("a", &bytes, 100_000);
        let bytes: usize = sources.iter().map(|(_, bytes, _)| bytes.len()).sum();
        let problems = sources.iter().filter_map(|(_, _, problem)| problem.clone());
        let mut told = problems.chain(skipped.into_iter().map(|(_, reason)| reason));
        assert!(bytes <= 100_000, "{why}");
        assert!(told.any(|problem| problem.contains("over 1 GiB")), "{why}");
    }
    let mut matryoshka = b"a line\n".to_vec();
    for _ in 0..20 {
        matryoshka = pack(Packing::Gzip, &matryoshka);
    }
    let (sources, skipped) = unpacked("a", &matryoshka, 1 << 20);
    assert!(sources.is_empty() && skipped[0].1.starts_with("packed more than 8 times"));
}
