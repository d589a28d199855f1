package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads and resets by time, as a client sees them. */
class ReadByTimeTest {

    private static final String RECORDS = "/v1/topics/times/partitions/0/records";

    @TempDir static Path data;

    private static RunningBus bus;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
        bus.put("/v1/topics/times", "{\"partitions\":1}");
        for (String day : new String[] {"1", "3", "2", "4"}) {
            String record =
                    "{\"records\":[{\"value\":%s,\"timestamp\":%d}]}"
                            .formatted(day, 86_400_000L * Integer.parseInt(day));
            assertThat(bus.post("/v1/topics/times/records", record).status()).isEqualTo(201);
        }
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    private static long first(String timestamp) {
        Reply reply = bus.get(RECORDS + "?timestamp=" + timestamp);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().path("records").isEmpty()
                ? reply.json().path("nextOffset").asLong()
                : reply.json().path("records").get(0).path("offset").asLong();
    }

    @Test
    void aReadBeginsAtTheFirstRecordThatIsNotEarlier() {
        assertThat(first("0")).isZero();
        assertThat(first("-5")).isZero();
        assertThat(first("86400000")).isZero();
        assertThat(first("86400001")).isEqualTo(1);
        assertThat(first("1970-01-03T00:00:00Z")).isEqualTo(1);
        assertThat(first("1970-01-04T00:00:00.001Z")).isEqualTo(3);
        assertThat(first("1970-01-04T01:00:00%2B01:00")).isEqualTo(1);
        assertThat(first("1970-01-04T01:00:00+01:00")).isEqualTo(1);
    }

    @Test
    void aTimeInTheFutureIsTheEnd() {
        assertThat(first("2999-01-01T00:00:00Z")).isEqualTo(4);
    }

    @Test
    void aTimeThatIsNoneOrASecondPlaceIsRefused() {
        expect("?timestamp=yesterday", 400, "invalid-parameter");
        expect("?timestamp=", 400, "invalid-parameter");
        expect("?timestamp=99999999999999999999", 400, "invalid-parameter");
        expect("?timestamp=0&offset=0", 422, "invalid-value");
    }

    private static void expect(String query, int status, String code) {
        Reply reply = bus.get(RECORDS + query);
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.code()).isEqualTo(code);
    }

    @Test
    void aGroupIsResetToATime() {
        Reply reset =
                bus.post(
                        "/v1/groups/times-g/offsets/reset",
                        "{\"topic\":\"times\",\"to\":\"1970-01-03T12:00:00Z\"}",
                        "Content-Type",
                        "application/json");
        assertThat(reset.json().path("offsets").get(0).path("after").asLong()).isEqualTo(1);
        Reply later =
                bus.post(
                        "/v1/groups/times-g/offsets/reset",
                        "{\"topic\":\"times\",\"to\":\"ts:345600000\"}",
                        "Content-Type",
                        "application/json");
        assertThat(later.json().path("offsets").get(0).path("after").asLong()).isEqualTo(3);
    }
}
