//! Starts, stops, reloads and crashes of versions besides those of the first table.

use super::*;

#[test]
fn lives_of_other_versions() {
    for (program, line, kind) in [
        ("gunicorn", "[2026-11-24 03:00:27 +0000] [100] [ERROR] Reason: App failed to load.", ServiceFailed),
        ("uvicorn", "WARNING:  StatReload detected changes in 'main.py'. Reloading...", Reload),
        ("uwsgi", "SIGINT/SIGQUIT received...killing workers...", ServiceStop),
        (
            "php-fpm",
            "[24-Nov-2026 03:01:11.123456] NOTICE: pid 7, func fpm_event_loop(), line 347: ready to handle connections",
            ServiceStart,
        ),
        ("php", "PHP 7.0.33 Development Server started at Tue Nov 24 03:01:16 2026", ServiceStart),
        ("puma", "* Listening on ssl://0.0.0.0:9292?cert=/c.pem&key=/k.pem", ServiceStart),
        ("shop-web", "Node.js v22.1.0", Crash),
        (
            "redis-server",
            "233:M 24 Nov 2026 03:01:37.440 * The server is now ready to accept connections at /run/redis.sock",
            ServiceStart,
        ),
        ("redis-server", "233:M 24 Nov 2026 03:01:37.440 #     Redis 5.0.3 crashed by signal: 11", Crash),
        ("valkey-server", "233:M 24 Nov 2026 03:01:37.440 # valkey 8.0.1 crashed by signal: 11, si_code: 0", Crash),
        (
            "postgres",
            "2026-11-24 03:02:43.152 UTC [1051] LOG:  database system is ready to accept read-only connections",
            ServiceStart,
        ),
        (
            "postgres",
            "2026-11-24 03:02:43.152 UTC [1051] LOG:  database system is ready to accept read only connections",
            ServiceStart,
        ),
        (
            "postgres",
            r#"2026-11-24 03:02:43.152 UTC [1051] LOG:  background worker "parallel worker" (PID 77) was terminated by signal 9: Killed"#,
            Crash,
        ),
        (
            "postgres",
            "2026-11-24 03:02:43.152 UTC [1051] LOG:  client backend (PID 1081) was terminated by signal 9: Killed",
            Crash,
        ),
        (
            "postgres",
            "2026-11-24 03:02:43.152 UTC [1051] LOG:  startup process (PID 12) exited with exit code 1",
            Crash,
        ),
        ("mysqld", "03:00:00 UTC - mysqld got signal 11 ;", Crash),
        ("mysqld", "2026-11-24T03:00:00Z UTC - mysqld got signal 6 ;", Crash),
        ("mariadbd", "261124  3:03:19 [ERROR] /usr/sbin/mariadbd got signal 6 ;", Crash),
        (
            "mongod",
            r#"{"t":{"$date":"2026-11-24T03:00:00.000+00:00"},"s":"I","c":"CONTROL","id":23377,"ctx":"SignalHandler","msg":"Received signal","attr":{"signal":15,"error":"Terminated"}}"#,
            ServiceStop,
        ),
        (
            "mongod",
            r#"{"t":{"$date":"2026-11-24T03:00:00.000+00:00"},"s":"F","c":"CONTROL","id":6384300,"ctx":"conn1","msg":"Writing fatal message","attr":{"message":"Got signal: 11 (Segmentation fault).\n"}}"#,
            Crash,
        ),
        (
            "elasticsearch",
            r#"{"type": "server", "timestamp": "2021-03-01T10:00:00,123Z", "level": "INFO", "component": "o.e.n.Node", "cluster.name": "docker-cluster", "node.name": "es1", "message": "started", "cluster.uuid": "x", "node.id": "y"  }"#,
            ServiceStart,
        ),
        (
            "elasticsearch",
            r#"{"@timestamp":"2026-03-01T10:00:00.123Z", "log.level": "INFO", "message":"started {es1}{x}", "ecs.version": "1.2.0","service.name":"ES_ECS","event.dataset":"elasticsearch.server","process.thread.name":"main","log.logger":"org.elasticsearch.node.Node"}"#,
            ServiceStart,
        ),
        (
            "kafka",
            "[2020-02-04 12:04:03,945] INFO [KafkaRaftServer nodeId=1] Kafka Server started (kafka.server.KafkaRaftServer)",
            ServiceStart,
        ),
        (
            "shop",
            "2016-12-11 03:15:39.717  INFO 20842 --- [           main] o.s.b.web.embedded.netty.NettyWebServer  : Netty started on port(s): 8080",
            ServiceStart,
        ),
        (
            "shop",
            "2016-12-11 03:15:39.717  INFO 20842 --- [           main] o.s.b.w.e.undertow.UndertowWebServer : Undertow started on port(s) 8080 (http)",
            ServiceStart,
        ),
        (
            "shop",
            "2016-12-11 03:15:39.717  INFO 20842 --- [           main] o.s.b.web.embedded.jetty.JettyWebServer  : Jetty started on port(s) 8080 (http/1.1) with context path '/'",
            ServiceStart,
        ),
        ("caddy", "2026/11/24 03:00:00.123\tINFO\tserving initial configuration", ServiceStart),
        ("caddy", "2026/11/24 03:00:00.123\tINFO\tadmin.api\tload complete", Reload),
        ("varnishd", "Child (325) died signal=11 (core dumped)", Crash),
        ("varnishd", "Child (1) not responding to CLI, killed it.", Crash),
        ("named", "received control channel command 'reload example.org'", Reload),
        ("named", "received control channel command 'reconfig'", Reload),
        ("mosquitto", "2026-11-24T03:00:00: mosquitto version 2.0.18 running", ServiceStart),
        ("shop-api", "fatal error: all goroutines are asleep - deadlock!", Crash),
        ("java", "# A fatal error has been detected by the Java Runtime Environment:", Crash),
        (
            "supervisord",
            "2026-11-24 03:03:22,517 INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
            ServiceStart,
        ),
        (
            "supervisord",
            "INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
            ServiceStart,
        ),
        ("pm2", "2026-11-24T03:04:08: PM2 log: App name:api id:0 online", ServiceStart),
        ("pm2", "2026-11-24T03:04:08: PM2 log: App [my api:0] online", ServiceStart),
        ("monit", "[UTC Nov 24 03:03:41] info     : 'web' trying to restart", Restart),
        (
            "kubelet",
            r#"E0301 01:06:01.286649    1869 pod_workers.go:1300] "Error syncing pod, skipping" err="[failed to \"StartContainer\" for \"a\" with CrashLoopBackOff: \"back-off 5m0s restarting failed container=a pod=x_default(y)\", failed to \"StartContainer\" for \"b\" with CrashLoopBackOff: \"x\"]" pod="default/web-0""#,
            ServiceFailed,
        ),
    ] {
        assert_eq!(said_by(program, line).map(|said| said.kind), Some(kind), "{program}: {line}");
    }
}
