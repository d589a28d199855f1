package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.door.RawHttp.Reply;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

@SpringBootTest(
        classes = TestNode.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {"bus.security=token", "BUS_TOKEN=correct-horse"})
class TokenModeTest {

    @LocalServerPort private int port;

    @Test
    void onlyHealthIsOpen() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            for (String path :
                    new String[] {
                        "/hot/a", "/v1/json", "/nope", "/problems", "/actuator/healthy"
                    }) {
                Reply reply = http.send(get(path, "")).read();
                assertThat(reply.status()).as(path).isEqualTo(401);
                assertThat(reply.body()).contains("\"code\":\"unauthorized\"");
                assertThat(reply.header("WWW-Authenticate")).startsWith("Bearer");
            }
            assertThat(http.send(get("/actuator/health", "")).read().status()).isEqualTo(200);
            assertThat(http.send(get("/actuator/health/nope", "")).read().status()).isEqualTo(404);
        }
    }

    @Test
    void theTokenOpensAndAnyOtherDoesNot() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            for (String good : new String[] {"Bearer correct-horse", "bearer correct-horse"}) {
                Reply reply = http.send(get("/hot/a", "Authorization: " + good + "\r\n")).read();
                assertThat(reply.status()).as(good).isEqualTo(200);
            }
            for (String bad :
                    new String[] {
                        "Bearer correct-horsf",
                        "Bearer correct-hors",
                        "Bearer ",
                        "Basic correct-horse",
                        "correct-horse"
                    }) {
                Reply reply = http.send(get("/hot/a", "Authorization: " + bad + "\r\n")).read();
                assertThat(reply.status()).as(bad).isEqualTo(401);
            }
        }
    }

    @Test
    void anyHostNameIsServed() throws IOException {
        try (RawHttp http = new RawHttp(port)) {
            Reply reply =
                    http.send(
                                    "GET /hot/a HTTP/1.1\r\nHost: bus.example\r\n"
                                            + "Authorization: Bearer correct-horse\r\n\r\n")
                            .read();
            assertThat(reply.status()).isEqualTo(200);
        }
    }

    private static String get(String path, String headers) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    }
}
