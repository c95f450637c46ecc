use super::*;

fn item(at: (i64, u32), kind: &'static str, text: &str) -> Item {
    Item {
        time: String::new(),
        end: None,
        kind,
        service: Some("nginx".into()),
        host: None,
        count: 1,
        text: text.into(),
        source: "log",
        effect: None,
        evidence: Vec::new(),
        at: Instant { s: at.0, nanos: at.1, digits: if at.1 == 0 { 0 } else { 9 } },
    }
}

#[test]
fn what_the_lines_make_of_a_lane() {
    let span = Span { start: 0.0, end: 100.0 };
    for (why, events, wanted) in [
        ("what stops was up", vec![((10, 0), "service-stop")], "0 up, 10 down"),
        ("what starts may have been up", vec![((10, 0), "service-start")], "0 not known, 10 up"),
        ("the same in one second", vec![((10, 0), "service-start"), ((10, 0), "service-stop")], "0 up"),
        (
            "a start, exactly before a stop",
            vec![((10, 5), "service-start"), ((10, 7), "service-stop")],
            "0 not known, 10 up, 10 down",
        ),
        (
            "a failed start",
            vec![((10, 0), "service-failed"), ((20, 0), "service-start")],
            "0 not known, 10 down, 20 up",
        ),
        (
            "a failed start of what is up",
            vec![((10, 0), "service-start"), ((20, 0), "service-failed")],
            "0 not known, 10 up, 20 not known",
        ),
        ("a bind that failed tells nothing", vec![((10, 0), "bind-failure")], "0 not known"),
        ("before the picture", vec![((-10, 0), "service-start"), ((30, 0), "crash")], "0 up, 30 down"),
        ("after the picture", vec![((30, 0), "container-start"), ((300, 0), "container-stop")], "0 not known, 30 up"),
    ] {
        let all: Vec<Item> = events.iter().map(|(at, kind)| item(*at, kind, "")).collect();
        let mut items: Vec<(&Item, Option<State>)> =
            all.iter().flat_map(|item| told(item).into_iter().map(move |(_, state)| (item, state))).collect();
        in_order(&mut items);
        let told: Vec<String> =
            runs(&items, &span).iter().map(|run| format!("{:.0} {}", run.from, run.state.word())).collect();
        assert_eq!(told.join(", "), wanted, "{why}");
    }
}

#[test]
fn servers_behind_a_proxy_have_lanes_of_their_own() {
    let mut down = item((5, 0), "backend-down", "haproxy: Server shop/web01 is DOWN, reason: Layer4 (4 times)");
    down.evidence =
        ["Server sales/web01 is DOWN, reason", "Server nonsense", "[WARNING] (1) : Server shop/web01 is DOWN"]
            .map(|text| super::super::super::model::Evidence {
                file: String::new(),
                line: 1,
                offset: 0,
                text: text.into(),
            })
            .into();
    assert_eq!(servers(&down), ["sales/web01", "shop/web01"]);
    assert!(told(&down).iter().all(|(_, state)| *state == Some(State::Down)));
    assert!(told(&item((5, 0), "backend-down", "haproxy: backend shop has no server available!")).is_empty());
}
