package dev.restbus.door.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

class PlainJsonTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "0",
                "-0.5e+10",
                "true",
                "false",
                "null",
                "\"\"",
                " {\"a\" : [1, 2] } ",
                "{\"a\":{\"a\":1},\"b\":{\"a\":2}}",
                "\"\\u00e9 \\n é 漢\"",
                "[[],{},\"x\"]"
            })
    void ordinaryJsonIsRecognised(String json) {
        assertThat(isSurely(json)).isTrue();
        assertThat(parserAccepts(json.getBytes(StandardCharsets.UTF_8))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1,}",
                "{\"a\":1,\"a\":2}",
                "01",
                "1.",
                ".5",
                "+1",
                "1e",
                "tru",
                "truex",
                "'a'",
                "{a:1}",
                "{\"a\" 1}",
                "\"a",
                "\"\t\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "1 2",
                "{} {}",
                "NaN",
                "-",
                "[1 2]",
                "\"\\\""
            })
    void whatIsNoJsonIsNotRecognised(String json) {
        assertThat(isSurely(json)).isFalse();
    }

    @Test
    void whatIsUnusualIsLeftToTheParser() {
        List<String> unusual =
                List.of(
                        "{\"\\u0061\":1}",
                        "[".repeat(33) + "]".repeat(33),
                        "1".repeat(StrictJson.MAX_NUMBER_LENGTH + 1),
                        "{\"" + "n".repeat(StrictJson.MAX_NAME_LENGTH + 1) + "\":1}");
        assertThat(unusual).noneMatch(PlainJsonTest::isSurely);
    }

    /** Random values, and the same with random bytes changed: it never says yes to what is not. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void whatItRecognisesTheParserAccepts(long seed) {
        Random random = new Random(seed);
        int recognised = 0;
        for (int i = 0; i < 30_000; i++) {
            byte[] json = value(random, 4).getBytes(StandardCharsets.UTF_8);
            for (int changes = random.nextInt(3); changes > 0 && json.length > 0; changes--) {
                byte[] alphabet = "{}[]\",:\\ue0-.1ntf \n".getBytes(StandardCharsets.US_ASCII);
                json[random.nextInt(json.length)] = alphabet[random.nextInt(alphabet.length)];
            }
            if (Utf8.isValid(json, 0, json.length) && PlainJson.isSurely(json, 0, json.length)) {
                recognised++;
                assertThat(parserAccepts(json))
                        .as("seed %d: %s", seed, new String(json, StandardCharsets.UTF_8))
                        .isTrue();
            }
        }
        assertThat(recognised).isGreaterThan(5_000);
    }

    private static String value(Random random, int depth) {
        switch (random.nextInt(depth > 0 ? 8 : 6)) {
            case 0:
                return String.valueOf(random.nextInt(2_000) - 1_000);
            case 1:
                return String.valueOf(random.nextDouble());
            case 2:
                return random.nextBoolean() ? "true" : "null";
            case 3, 4, 5:
                return "\"" + text(random) + "\"";
            case 6:
                return "[" + values(random, depth, false) + "]";
            default:
                return "{" + values(random, depth, true) + "}";
        }
    }

    private static String values(Random random, int depth, boolean named) {
        StringBuilder all = new StringBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
            all.append(all.length() == 0 ? "" : ", ");
            all.append(named ? "\"" + (char) ('a' + random.nextInt(9)) + "\": " : "");
            all.append(value(random, depth - 1));
        }
        return all.toString();
    }

    private static String text(Random random) {
        String[] parts = {"a", "bc", "é", "漢", "\\n", "\\u00e9", "\\\"", " "};
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        return text.toString();
    }

    private static boolean isSurely(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return PlainJson.isSurely(bytes, 0, bytes.length);
    }

    private static boolean parserAccepts(byte[] json) {
        try (JsonParser parser =
                StrictJson.streaming()
                        .createParser(ObjectReadContext.empty(), json, 0, json.length)) {
            if (parser.nextToken() == null) {
                return false;
            }
            new MemberNames().skip(parser);
            return parser.nextToken() == null;
        } catch (JacksonException | BusException e) {
            return false;
        }
    }
}
