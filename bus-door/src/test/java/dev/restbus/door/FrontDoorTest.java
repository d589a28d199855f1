package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.RawHttp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Everything over a raw socket, because a client library would mend or refuse the worst of it. */
@SpringBootTest(
        classes = TestNode.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "bus.door.header-timeout-ms=700",
            "bus.door.body-timeout-ms=700",
            "bus.door.linger-ms=200",
            "bus.door.max-parked=3",
            "bus.door.max-body-memory-bytes=9000000",
            "bus.door.node=broker-1"
        })
class FrontDoorTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @LocalServerPort private int port;

    @Autowired private Admission admission;

    /** A bad request and what it must give. */
    record Bad(String what, String request, int status, String code, boolean closes) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Bad> badRequests() {
        return Stream.of(
                // The request line
                closed("garbage", "\u0001\u0002\u0003\r\n\r\n", 400, "malformed-request"),
                closed("no version", "GET /\r\n\r\n", 505, "unsupported-http-version"),
                closed(
                        "HTTP/3",
                        "GET / HTTP/3.0\r\nHost: localhost\r\n\r\n",
                        505,
                        "unsupported-http-version"),
                closed(
                        "space in the path",
                        "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        400,
                        "malformed-request"),
                closed(
                        "raw byte in the path",
                        "GET /hot/\u00fc HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        400,
                        "malformed-request"),
                closed("%zz in the path", get("/hot/%zz"), 400, "malformed-encoding"),
                closed("cut escape", get("/hot/a%2"), 400, "malformed-encoding"),
                closed("bad UTF-8 in the path", get("/hot/%c3%28"), 400, "malformed-encoding"),
                closed("bad UTF-8 in MVC", get("/v1/things/%ff"), 400, "malformed-encoding"),
                closed("%zz in the query", get("/hot/a?max=%zz"), 400, "malformed-encoding"),
                closed("overlong UTF-8", get("/hot/a?max=%c0%af"), 400, "malformed-encoding"),
                closed("path parameter", get("/hot/a;y=1"), 400, "malformed-request"),
                closed("path parameter in MVC", get("/v1/json;y=1"), 400, "malformed-request"),
                closed("parameter twice", get("/hot/a?max=1&max=2"), 400, "invalid-parameter"),
                closed("no number", get("/hot/a?max=abc"), 400, "invalid-parameter"),
                closed("no number in MVC", get("/v1/things/a?count=x"), 400, "invalid-parameter"),
                closed("missing in MVC", get("/v1/required"), 400, "invalid-parameter"),
                kept("out of range", get("/hot/a?max=10"), 422, "invalid-value"),
                kept("unknown parameter", get("/hot/a?mx=1"), 422, "unknown-parameter"),
                kept("unknown in MVC", get("/v1/things/a?cnt=1"), 422, "unknown-parameter"),
                kept("%2F in a hot name", get("/hot/a%2Fb"), 422, "invalid-name"),
                kept("%2F in an MVC name", get("/v1/things/a%2Fb"), 422, "invalid-name"),
                kept("%5C in a name", get("/hot/a%5Cb"), 422, "invalid-name"),
                kept("dots as a name", get("/hot/%2e%2e"), 422, "invalid-name"),
                kept("unknown path", get("/nope"), 404, "not-found"),
                kept("unknown path below", get("/v1/things/a/b/c"), 404, "not-found"),
                kept("Boot's error page", get("/error"), 404, "not-found"),
                kept("post to nothing", post("/nope", "", "x"), 404, "not-found"),
                kept("problem of no kind", get("/problems/nope"), 404, "not-found"),
                kept("wrong method", line("DELETE", "/hot/a"), 405, "method-not-allowed"),
                kept("wrong in MVC", line("DELETE", "/v1/json"), 405, "method-not-allowed"),
                kept("TRACE", line("TRACE", "/hot/a"), 405, "method-not-allowed"),
                kept("unknown method", line("BREW", "/hot/a"), 405, "method-not-allowed"),
                closed(
                        "CONNECT",
                        "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n",
                        501,
                        "not-implemented"),
                closed("long URI", get("/hot/" + "a".repeat(9_000)), 414, "uri-too-long"),
                closed("huge URI", get("/hot/" + "a".repeat(20_000)), 414, "uri-too-long"),
                // Headers
                closed("no Host", "GET / HTTP/1.1\r\n\r\n", 400, "malformed-request"),
                closed(
                        "two Hosts",
                        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
                        400,
                        "malformed-request"),
                closed("no colon", get("/hot/a", "Nonsense\r\n"), 400, "malformed-request"),
                closed("bad name", get("/hot/a", "B@d Name: x\r\n"), 400, "malformed-request"),
                closed(
                        "large header",
                        get("/hot/a", "X: " + "x".repeat(17_000) + "\r\n"),
                        431,
                        "headers-too-large"),
                closed(
                        "many headers",
                        get("/hot/a", "X: y\r\n".repeat(101)),
                        431,
                        "headers-too-large"),
                closed(
                        "unknown expectation",
                        get("/hot/a", "Expect: miracles\r\n"),
                        417,
                        "expectation-failed"),
                kept("foreign Host", from("evil.example", ""), 403, "forbidden"),
                kept("rebinding", from("127.0.0.1.evil.example:80", ""), 403, "forbidden"),
                kept(
                        "foreign Origin",
                        from("localhost", "Origin: https://evil.example\r\n"),
                        403,
                        "forbidden"),
                kept("Origin null", from("localhost", "Origin: null\r\n"), 403, "forbidden"),
                // Framing
                closed(
                        "length and chunks",
                        post("/hot/a", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                        400,
                        "malformed-request"),
                closed(
                        "two lengths",
                        post("/hot/a", "Content-Length: 7\r\n", "abc"),
                        400,
                        "malformed-request"),
                closed(
                        "negative length",
                        "POST /hot/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                        400,
                        "malformed-request"),
                closed("bad chunk", chunked("/hot/a", "zz\r\nabc\r\n"), 400, "malformed-request"),
                closed(
                        "bad chunk to MVC",
                        chunked("/v1/later", "zz\r\nabc\r\n"),
                        400,
                        "malformed-request"),
                closed(
                        "unknown coding",
                        "POST /hot/a HTTP/1.1\r\nHost: localhost\r\n"
                                + "Transfer-Encoding: br\r\n\r\n",
                        501,
                        "not-implemented"),
                kept(
                        "br to hot",
                        post("/hot/a", "Content-Encoding: br\r\n", "abc"),
                        415,
                        "unsupported-encoding"),
                kept(
                        "two encodings to MVC",
                        put("/v1/things/a", "Content-Encoding: zstd, gzip\r\n", "abc"),
                        415,
                        "unsupported-encoding"),
                closed(
                        "not gzip",
                        post("/hot/a", "Content-Encoding: gzip\r\n", "abc"),
                        400,
                        "malformed-encoding"),
                closed(
                        "not zstd",
                        put("/v1/things/a", "Content-Encoding: zstd\r\n", "abc"),
                        400,
                        "malformed-encoding"),
                closed(
                        "announced too large",
                        "POST /hot/a HTTP/1.1\r\nHost: localhost\r\n"
                                + "Content-Length: 8388609\r\n\r\n",
                        413,
                        "body-too-large"),
                closed(
                        "too large for MVC",
                        "PUT /v1/things/a HTTP/1.1\r\nHost: localhost\r\n"
                                + "Content-Length: 99999999999\r\n\r\n",
                        413,
                        "body-too-large"),
                closed(
                        "too large in chunks",
                        chunked("/hot/a", ("100000\r\n" + "x".repeat(0x100000) + "\r\n").repeat(9)),
                        413,
                        "body-too-large"),
                closed(
                        "expects and is too large",
                        "POST /hot/a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                                + "Content-Length: 8388609\r\n\r\n",
                        413,
                        "body-too-large"),
                // JSON
                bad("no JSON", "{\"partitions\":", "malformed-json"),
                bad("no body", "", "malformed-json"),
                bad("trailing tokens", "{\"partitions\":1} x", "malformed-json"),
                bad("single quotes", "{'partitions':1}", "malformed-json"),
                closed(
                        "too deep",
                        post("/v1/tree", "", "[".repeat(65) + "]".repeat(65)),
                        400,
                        "malformed-json"),
                bad("long number", "{\"partitions\":" + "1".repeat(101) + "}", "malformed-json"),
                bad("long name", "{\"" + "n".repeat(257) + "\":1}", "malformed-json"),
                bad("duplicate", "{\"partitions\":1,\"partitions\":2}", "duplicate-field"),
                bad("string for int", "{\"partitions\":\"1\"}", "wrong-type"),
                bad("float for int", "{\"partitions\":1.5}", "wrong-type"),
                bad("two values", "{\"partitions\":1} {}", "malformed-json"),
                kept(
                        "null for int",
                        put("/v1/things/a", "", "{\"partitions\":null}"),
                        422,
                        "missing-field"),
                kept("no int", put("/v1/things/a", "", "{}"), 422, "missing-field"),
                closed(
                        "duplicate in a tree",
                        post("/v1/tree", "", "{\"a\":{\"b\":1,\"b\":2}}"),
                        400,
                        "duplicate-field"),
                bad("too large for int", "{\"partitions\":99999999999}", "wrong-type"),
                bad("array for object", "[1]", "wrong-type"),
                bad(
                        "byte order mark",
                        "\u00ef\u00bb\u00bf{\"partitions\":1}",
                        "malformed-encoding"),
                bad("UTF-16", "\u00fe\u00ff\0{\0}", "malformed-encoding"),
                bad("UTF-16 without mark", "{\0}\0", "malformed-encoding"),
                bad("UTF-32", "\0\0\0{\0\0\0}", "malformed-encoding"),
                bad("Latin-1", "{\"partitions\":1,\"color\":\"\u00fc\"}", "malformed-encoding"),
                kept(
                        "unknown field",
                        put(
                                "/v1/things/a",
                                "",
                                "{\"partitions\":1,\"part\":{\"size\":1,\"sz\":1}}"),
                        422,
                        "unknown-field"),
                kept(
                        "unknown enum",
                        put("/v1/things/a", "", "{\"color\":\"GREEN\"}"),
                        422,
                        "invalid-value"),
                kept(
                        "XML",
                        put("/v1/things/a", "Content-Type: text/xml\r\n", "<a/>"),
                        415,
                        "unsupported-media-type"),
                kept(
                        "accepts XML only",
                        get("/v1/json", "Accept: application/xml\r\n"),
                        406,
                        "not-acceptable"),
                // Failures of the node
                closed("hot bug", get("/problem/nope"), 500, "internal"),
                closed("MVC bug", get("/v1/boom"), 500, "internal"),
                kept("error without body", get("/v1/bare"), 404, "not-found"),
                kept("sendError", get("/v1/send-error"), 403, "forbidden"),
                closed(
                        "failed later",
                        post("/v1/later", "", "{\"size\":-1}"),
                        503,
                        "shutting-down"));
    }

    @ParameterizedTest
    @MethodSource("badRequests")
    void badRequestGetsItsProblem(Bad bad) throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply reply = http.send(bad.request).read();
            assertThat(reply.status()).as(reply.toString()).isEqualTo(bad.status);
            assertIsProblem(reply, bad.code);
            if (bad.closes) {
                assertThat(http.isClosed()).isTrue();
            } else {
                assertThat(http.send(get("/hot/next")).read().body()).isEqualTo("next|1");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ProblemCode.class)
    void eachProblemIsWrittenAndHasItsPage(ProblemCode code) throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply reply = http.send(get("/problem/" + code.wireName())).read();
            assertThat(reply.status()).isEqualTo(code.status());
            assertIsProblem(reply, code.wireName());
            assertThat(reply.header("Retry-After")).isEqualTo("2");
        }
        try (RawHttp http = new RawHttp(port)) {
            Reply text = http.send(get("/problems/" + code.wireName() + "/")).read();
            assertThat(text.header("Content-Type")).startsWith("text/plain");
            assertThat(text.body()).contains(code.title(), ProblemAdvice.of(code));
            Reply page =
                    http.send(get("/problems/" + code.wireName(), "Accept: text/html\r\n")).read();
            assertThat(page.header("Content-Type")).startsWith("text/html");
            assertThat(page.body()).contains("<h1>" + code.wireName());
            assertThat(http.send(get("/problems")).read().body()).contains(code.wireName());
        }
    }

    @Test
    void problemsPointToTheFault() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply field =
                    http.send(
                                    put(
                                            "/v1/things/a",
                                            "",
                                            "{\"partitions\":1,\"part\":{\"size\":1,\"sz\":1}}"))
                            .read();
            assertThat(pointer(field)).isEqualTo("/part/sz");
            Reply parameter = http.send(get("/hot/a?mx=1")).read();
            assertThat(pointer(parameter)).isEqualTo("mx");
            Reply value = http.send(put("/v1/things/a", "", "{\"color\":\"GREEN\"}")).read();
            assertThat(pointer(value)).isEqualTo("/color");
            Reply type = http.send(put("/v1/things/a", "", "{\"part\":{\"size\":\"x\"}}")).read();
            assertThat(pointer(type)).isEqualTo("/part/size");
        }
    }

    @Test
    void mvcCallThatNeverEndsHasAnUnknownOutcome() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply reply = http.send(get("/v1/never")).read();
            assertThat(reply.status()).isEqualTo(504);
            assertThat(json(reply).get("code").asString()).isEqualTo("outcome-unknown");
            assertThat(json(reply).get("outcome").asString()).isEqualTo("unknown");
        }
    }

    @Test
    void bodyTooLargeNamesBothNumbers() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply reply =
                    http.send(
                                    "POST /hot/a HTTP/1.1\r\nHost: localhost\r\n"
                                            + "Content-Length: 8388609\r\n\r\n")
                            .read();
            assertThat(reply.body()).contains("8388609", "8388608");
        }
    }

    @Test
    void allowNamesHotAndMvcMethods() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            String all = "DELETE, GET, HEAD, OPTIONS, POST, PUT";
            Reply options = http.send(line("OPTIONS", "/v1/things/a")).read();
            assertThat(options.status()).isEqualTo(204);
            assertThat(options.header("Allow")).isEqualTo(all);
            Reply patch = http.send(line("PATCH", "/v1/things/a/")).read();
            assertThat(patch.status()).isEqualTo(405);
            assertThat(patch.header("Allow")).isEqualTo(all);
            assertThat(http.send(line("OPTIONS", "/hot/a/")).read().header("Allow"))
                    .isEqualTo("GET, HEAD, OPTIONS, POST");
            assertThat(http.send(line("OPTIONS", "/nope")).read().status()).isEqualTo(404);
        }
    }

    @Test
    void headIsGetWithoutBody() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply hot = http.send(line("HEAD", "/hot/abc")).read(false);
            assertThat(hot.status()).isEqualTo(200);
            assertThat(hot.header("Content-Length")).isEqualTo("5");
            assertThat(http.send(line("HEAD", "/v1/json")).read(false).status()).isEqualTo(200);
            assertThat(http.send(line("HEAD", "/nope")).read(false).status()).isEqualTo(404);
            assertThat(http.send(line("HEAD", "/large")).read(false).header("Content-Length"))
                    .isEqualTo("" + TestNode.LARGE_BYTES);
            assertThat(http.send(get("/hot/next")).read().body()).isEqualTo("next|1");
        }
    }

    @Test
    void trailingSlashFormTypeAndNoTypeWork() throws IOException {
        String form = "Content-Type: application/x-www-form-urlencoded\r\n";
        String thing = "{\"partitions\":2,\"color\":\"RED\",\"part\":{\"size\":3}}";
        try (RawHttp http = new RawHttp(port)) {
            assertThat(http.send(post("/hot/n/?key=k+%C3%BC", form, "a=b&c=d")).read().body())
                    .isEqualTo("n|k \u00fc|null|a=b&c=d");
            assertThat(http.send(post("/hot/n", "Content-Type: Text/Plain;x=y\r\n", "z")).read())
                    .extracting(Reply::body)
                    .isEqualTo("n|null|text/plain|z");
            for (String type : List.of("", form, "Content-Type: application/json\r\n")) {
                Reply reply = http.send(put("/v1/things/a/", type, thing)).read();
                assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
                assertThat(reply.body()).isEqualTo(thing);
            }
            assertThat(http.send(get("/v1/things/a/?count=7")).read().body()).isEqualTo("a7");
            assertThat(http.send(get("/v1/things/a?")).read().body()).isEqualTo("a1");
            assertThat(http.send(post("/v1/later", "", "{\"size\":4}")).read().body())
                    .isEqualTo("later4");
        }
    }

    @Test
    void everyAnswerCarriesTheDoorsHeaders() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply ok = http.send(get("/hot/a", "Request-Id: my-1.2_3\r\n")).read();
            assertThat(ok.header("Request-Id")).isEqualTo("my-1.2_3");
            assertThat(ok.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(ok.header("Bus-Served-By")).isEqualTo("broker-1");
            Reply problem = http.send(get("/nope", "Request-Id: my-4\r\n")).read();
            assertThat(problem.header("Request-Id")).isEqualTo("my-4");
            assertThat(json(problem).get("traceId").asString()).isEqualTo("my-4");
            Reply odd = http.send(get("/nope", "Request-Id: <script>\r\n")).read();
            assertThat(odd.header("Request-Id")).matches("[0-9a-f]{16}");
        }
    }

    @Test
    void literalSegmentWinsOverVariable() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            assertThat(http.send(get("/listed/first")).read().body()).isEqualTo("first");
            assertThat(http.send(get("/listed/%66irst/")).read().body()).isEqualTo("first");
            assertThat(http.send(get("/listed/firsts")).read().body()).isEqualTo("any firsts");
            assertThat(http.send(get("/listed//")).read().status()).isEqualTo(404);
            assertThat(http.send(get("/listed")).read().status()).isEqualTo(404);
        }
    }

    @Test
    void loopbackNamesAreServed() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            for (String host :
                    List.of("localhost:1", "LOCALHOST", "127.1.2.3", "[::1]:8080", "[::1]")) {
                Reply reply = http.send(from(host, "Origin: http://" + host + "\r\n")).read();
                assertThat(reply.status()).as(host).isEqualTo(200);
            }
            Reply old = http.send("GET /hot/a HTTP/1.0\r\n\r\n").read();
            assertThat(old.status()).isEqualTo(200);
        }
    }

    @Test
    void chunkedAndSlicedBodiesArriveWhole() throws IOException {
        byte[] large = new byte[300_000];
        try (RawHttp http = new RawHttp(port)) {
            assertThat(
                            http.send(chunked("/hot/a", "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n"))
                                    .read()
                                    .body())
                    .isEqualTo("a|null|null|abcde");
            http.send("POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n");
            assertThat(http.send(large).read().body()).isEqualTo("300000");
            http.send("PUT /v1/things/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\n\r\n");
            for (char c : "{\"partitions\":1}".toCharArray()) {
                http.send("" + c);
            }
            assertThat(http.read().body()).contains("\"partitions\":1");
            http.send(chunked("/v1/later", "a\r\n{\"size\":5}\r\n"));
            assertThat(http.send("0\r\n\r\n").read().body()).isEqualTo("later5");
            String two = get("/hot/a") + get("/hot/b");
            assertThat(http.send(two).read().body()).isEqualTo("a|1");
            assertThat(http.read().body()).isEqualTo("b|1");
        }
    }

    @Test
    void memoryOfIncompleteBodiesIsBoundedAndGivenBack() throws IOException {
        String head = "POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n";
        for (int round = 0; round < 3; round++) {
            try (RawHttp first = new RawHttp(port);
                    RawHttp second = new RawHttp(port)) {
                first.send(head).send(new byte[7_999_999]);
                await(() -> admission.bytesTaken() == 8_000_000);
                Reply refused = second.send(head).send(new byte[1_500_000]).read();
                assertIsProblem(refused, "backpressure");
                assertThat(first.send("x").read().body()).isEqualTo("8000000");
                assertThat(admission.bytesTaken()).isZero();
            }
        }
    }

    @Test
    void continueIsSentOnlyToABodyThatIsWanted() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            http.send(
                    "POST /size HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                            + "Content-Length: 3\r\n\r\n");
            assertThat(http.read(false).status()).isEqualTo(100);
            assertThat(http.send("abc").read().body()).isEqualTo("3");
        }
    }

    @Test
    void lateBodyIsCut() throws IOException {
        for (String path : List.of("/hot/a", "/v1/later", "/nope")) {
            try (RawHttp http = new RawHttp(port)) {
                http.send(
                        "POST "
                                + path
                                + " HTTP/1.1\r\nHost: localhost\r\n"
                                + "Content-Length: 100\r\n\r\nabc");
                Reply reply = http.read();
                assertIsProblem(reply, path.equals("/nope") ? "not-found" : "body-timeout");
                assertThat(http.isClosed()).isTrue();
            }
        }
    }

    @Test
    void bodyThatStallsAfterAGoodStartIsCut() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            http.send("POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n");
            Reply reply = http.send(new byte[200_000]).read();
            assertThat(reply.status()).isEqualTo(408);
            assertIsProblem(reply, "body-timeout");
            assertThat(http.isClosed()).isTrue();
        }
    }

    @Test
    void drippedAndStalledHeadsAreCutButNotIdleConnections() throws IOException {
        RawHttp idle = new RawHttp(port);
        assertThat(idle.send(get("/hot/a")).read().status()).isEqualTo(200);
        try (RawHttp http = new RawHttp(port)) {
            http.send("GET /hot/a HTTP/1.1\r\nHost: local");
            Reply reply = http.read();
            assertThat(reply.status()).isEqualTo(408);
            assertIsProblem(reply, "body-timeout");
            assertThat(http.isClosed()).isTrue();
        }
        try (RawHttp http = new RawHttp(port)) {
            http.send("GET /hot/a HTTP/1.1\r\nHost: localhost\r\n");
            int sent = 0;
            while (!http.answersWithin(5)) {
                assertThat(++sent).isLessThan(15_000);
                http.send("X");
            }
            assertIsProblem(http.read(), "body-timeout");
            assertThat(http.isClosed()).isTrue();
        }
        assertThat(idle.send(get("/hot/b")).read().status()).isEqualTo(200);
        idle.close();
    }

    @Test
    void manySlowCallersDoNotHoldUpAFastOne() throws IOException {
        List<RawHttp> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                RawHttp http = new RawHttp(port);
                slow.add(http);
                http.send(
                        i % 2 == 0
                                ? "POST /hot/a HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Content-Length: 100\r\n\r\nabc"
                                : get("/large"));
            }
            try (RawHttp fast = new RawHttp(port)) {
                for (int i = 0; i < 100; i++) {
                    assertThat(fast.send(post("/hot/a", "", "x")).read().status()).isEqualTo(200);
                }
            }
        } finally {
            for (RawHttp http : slow) {
                http.close();
            }
        }
    }

    @Test
    void parkedExchangeIsAnsweredFromAnotherThread() throws Exception {
        try (RawHttp http = new RawHttp(port)) {
            http.send(get("/park"));
            CompletableFuture<Answer> parked = nextParked();
            CompletableFuture.runAsync(
                            () -> parked.complete(Answer.json(200, Slice.utf8("{\"late\":1}"))))
                    .get();
            assertThat(http.read().body()).isEqualTo("{\"late\":1}");
            http.send(get("/park"));
            nextParked()
                    .completeExceptionally(ProblemCode.CONTROL_PLANE_FROZEN.exception("none yet"));
            Reply failed = http.read();
            assertIsProblem(failed, "control-plane-frozen");
            assertThat(failed.header("Retry-After")).isEqualTo("1");
        }
    }

    @Test
    void answerToACallerThatLeftIsNoError() throws Exception {
        BlockingQueue<Boolean> told = new LinkedBlockingQueue<>();
        for (int i = 0; i < 5; i++) {
            RawHttp http = new RawHttp(port);
            http.send(get("/park"));
            CompletableFuture<Answer> parked = nextParked();
            http.close();
            parked.complete(Answer.json(200, Slice.of(new byte[1024])).onWritten(told::add));
        }
        for (int i = 0; i < 5; i++) {
            assertThat(told.poll(10, TimeUnit.SECONDS)).isNotNull();
        }
        try (RawHttp http = new RawHttp(port)) {
            assertThat(http.send(get("/hot/a")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void parkedExchangesAreBounded() throws Exception {
        List<RawHttp> waiting = new ArrayList<>();
        List<CompletableFuture<Answer>> parked = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            RawHttp http = new RawHttp(port);
            waiting.add(http.send(get("/park")));
            parked.add(nextParked());
        }
        try (RawHttp http = new RawHttp(port)) {
            // The third is counted a moment after its handler returned.
            Reply refused = http.send(get("/hot/a")).read();
            while (refused.status() == 200) {
                refused = http.send(get("/hot/a")).read();
            }
            assertIsProblem(refused, "too-many-parked");
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            for (CompletableFuture<Answer> each : parked) {
                each.complete(Answer.empty(204));
            }
            for (RawHttp each : waiting) {
                assertThat(each.read().status()).isEqualTo(204);
                each.close();
            }
            assertThat(http.send(get("/hot/a")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void onWrittenIsToldOnce() throws Exception {
        TestNode.TOLD.clear();
        try (RawHttp http = new RawHttp(port)) {
            http.send(get("/told")).read();
            assertThat(TestNode.TOLD.poll(10, TimeUnit.SECONDS)).isTrue();
            assertThat(http.send(get("/large")).read().body()).hasSize(TestNode.LARGE_BYTES);
            assertThat(TestNode.TOLD.poll(10, TimeUnit.SECONDS)).isTrue();
        }
        RawHttp gone = new RawHttp(port);
        gone.send(get("/large")).read(false);
        gone.close();
        assertThat(TestNode.TOLD.poll(10, TimeUnit.SECONDS)).isFalse();
        assertThat(TestNode.TOLD).isEmpty();
    }

    private static void await(BooleanSupplier reached) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.yield();
        }
    }

    private static CompletableFuture<Answer> nextParked() throws InterruptedException {
        CompletableFuture<Answer> parked = TestNode.PARKED.poll(10, TimeUnit.SECONDS);
        assertThat(parked).isNotNull();
        return parked;
    }

    private static void assertIsProblem(Reply reply, String code) {
        assertThat(reply.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(reply.header("X-Content-Type-Options")).isEqualTo("nosniff");
        JsonNode json = json(reply);
        assertThat(json.get("code").asString()).as(reply.body()).isEqualTo(code);
        assertThat(json.get("type").asString()).isEqualTo("/problems/" + code);
        assertThat(json.get("status").asInt()).isEqualTo(reply.status());
        assertThat(json.get("title").asString()).isNotEmpty();
        assertThat(json.get("detail").asString()).isNotEmpty();
        assertThat(json.get("retryable").isBoolean()).isTrue();
        assertThat(json.get("outcome").asString()).isEqualTo("none");
        assertThat(json.get("traceId").asString()).isNotEmpty();
        assertThat(reply.body()).doesNotContain("secret", "Exception", "\tat ", "dev.restbus");
    }

    private static JsonNode json(Reply reply) {
        return JSON.readTree(reply.body());
    }

    private static String pointer(Reply reply) {
        return json(reply).get("errors").get(0).get("pointer").asString();
    }

    private static Bad closed(String what, String request, int status, String code) {
        return new Bad(what, request, status, code, true);
    }

    private static Bad kept(String what, String request, int status, String code) {
        return new Bad(what, request, status, code, false);
    }

    private static Bad bad(String what, String json, String code) {
        return closed(what, put("/v1/things/a", "", json), 400, code);
    }

    private static String line(String method, String path) {
        return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    private static String get(String path) {
        return line("GET", path);
    }

    private static String get(String path, String headers) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    }

    private static String from(String host, String headers) {
        return "GET /hot/a HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n";
    }

    private static String post(String path, String headers, String latin1) {
        return withBody("POST", path, headers, latin1);
    }

    private static String put(String path, String headers, String latin1) {
        return withBody("PUT", path, headers, latin1);
    }

    private static String withBody(String method, String path, String headers, String latin1) {
        return method
                + " "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                + latin1.length()
                + "\r\n"
                + headers
                + "\r\n"
                + latin1;
    }

    private static String chunked(String path, String chunks) {
        return "POST "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunks;
    }
}
