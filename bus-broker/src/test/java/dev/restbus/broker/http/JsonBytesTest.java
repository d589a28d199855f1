package dev.restbus.broker.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class JsonBytesTest {

    private static final JsonMapper MAPPER = JsonMapper.shared();

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                9,
                10,
                99,
                100,
                -1,
                -10,
                999_999_999_999_999_999L,
                1_000_000_000_000_000_000L,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                Long.MIN_VALUE + 1
            })
    void numbersAreWrittenAsJavaWritesThem(long number) {
        assertThat(text(new JsonBytes(1).number(number))).isEqualTo(Long.toString(number));
    }

    @Test
    void randomNumbersToo() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            long number = random.nextLong() >> random.nextInt(64);
            assertThat(text(new JsonBytes(1).number(number))).isEqualTo(Long.toString(number));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "\"quoted\"",
                "back\\slash",
                "a\nb\rc\td",
                "\u0000\u0001\u001f",
                "é☃𝄞",
                "</script>",
                "ends with \""
            })
    void stringsAreReadBackByJackson(String wanted) {
        assertThat(MAPPER.readValue(text(new JsonBytes(1).string(wanted)), String.class))
                .isEqualTo(wanted);
    }

    @Test
    void bytesAreBase64() {
        byte[] bytes = {0, -1, 5, 9};
        assertThat(text(new JsonBytes(1).base64(bytes, 1, 2))).isEqualTo("\"/wU=\"");
    }

    private static String text(JsonBytes json) {
        return new String(json.slice().copy(), StandardCharsets.UTF_8);
    }
}
