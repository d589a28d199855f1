package dev.restbus.broker.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.broker.publish.TestDrafts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvelopeParserTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-12.5e3",
                "true",
                "null",
                "\"text with \\\" and \\u00e9\"",
                "\"\"",
                "{}",
                "[]",
                "{ \"a\" : [1, 2, {\"b\":null}] }",
                "[ 1 ,\n 2 ]",
                "\"é☃𝄞\"",
                "{\"value\":1,\"key\":\"inner\"}"
            })
    void aValueIsTakenByteForByte(String value) {
        for (String around : List.of("%s", " %s", "%s ", "\n\t%s\r\n")) {
            String json =
                    "{\"records\":[{\"key\":\"k\",\"value\":"
                            + around.formatted(value)
                            + "},{\"value\":0}]}";
            Slice taken = read(json).get(0).value();
            assertThat(taken == null ? "null" : taken.text()).isEqualTo(value);
        }
    }

    @Test
    void aBodyThatBeginsWithinItsArrayIsReadFromThere() {
        byte[] bytes = "xxxxx{\"records\":[{\"value\":[7]}]}yy".getBytes(StandardCharsets.UTF_8);
        RecordDraft draft = TestDrafts.draft(1);
        EnvelopeParser.parse(new Slice(bytes, 5, bytes.length - 7), draft);
        assertThat(TestDrafts.records(draft, 0).get(0).value().text()).isEqualTo("[7]");
    }

    @Test
    void membersComeInAnyOrderAndAbsentOnesHaveDefaults() {
        List<Parsed> records =
                read(
                        """
                        {"records":[
                          {"timestamp":5,"headers":{"B":"2","a":"1"},"value":"v","key":"k"},
                          {"value":2},
                          {"value":null,"key":""},
                          {"valueBase64":"AAH/","keyBase64":"/w=="}
                        ]}""");
        assertThat(records.get(0).key().text()).isEqualTo("k");
        assertThat(records.get(0).timestampMs()).isEqualTo(5);
        assertThat(records.get(0).headers()).containsExactly("B=2", "a=1");
        assertThat(records.get(1).key()).isNull();
        assertThat(records.get(1).timestampMs()).isEqualTo(TestDrafts.NOW_MS);
        assertThat(records.get(2).value()).isNull();
        assertThat(records.get(2).key().length()).isZero();
        assertThat(records.get(3).value().copy()).containsExactly(0, 1, -1);
        assertThat(records.get(3).headers())
                .containsExactly("content-type=application/octet-stream");
    }

    @Test
    void textIsStoredWithoutItsQuotesWhereItsTypeSaysText() {
        List<Parsed> records =
                read(
                        """
                        {"records":[{"value":"a\\nb","headers":{"Content-Type":"text/plain"}}]}""");
        assertThat(records.get(0).value().text()).isEqualTo("a\nb");
        assertThat(records.get(0).headers()).containsExactly("content-type=text/plain");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | wrong-type | ``",
                "{} | missing-field | /records",
                "{\"records\":{}} | wrong-type | /records",
                "{\"records\":[]} | invalid-value | /records",
                "{\"records\":[1]} | wrong-type | /records/0",
                "{\"records\":[{}]} | missing-field | /records/0/value",
                "{\"records\":[{\"value\":1},{\"key\":\"k\"}]} | missing-field | /records/1/value",
                "{\"records\":[{\"value\":null}]} | invalid-value | /records/0/value",
                "{\"records\":[{\"value\":1,\"valueBase64\":\"\"}]} | invalid-value | /records/0/valueBase64",
                "{\"records\":[{\"value\":1,\"key\":\"\",\"keyBase64\":\"\"}]} | invalid-value | /records/0/keyBase64",
                "{\"records\":[{\"value\":1,\"key\":1}]} | wrong-type | /records/0/key",
                "{\"records\":[{\"value\":1,\"partition\":\"0\"}]} | wrong-type | /records/0/partition",
                "{\"records\":[{\"value\":1,\"partition\":0.5}]} | wrong-type | /records/0/partition",
                "{\"records\":[{\"value\":1,\"partition\":-1}]} | invalid-value | /records/0/partition",
                "{\"records\":[{\"value\":1},{\"value\":1,\"partition\":3}]} | unknown-partition | /records/1/partition",
                "{\"records\":[{\"value\":1,\"partition\":4294967296}]} | unknown-partition | /records/0/partition",
                "{\"records\":[{\"value\":1,\"timestamp\":-1}]} | invalid-value | /records/0/timestamp",
                "{\"records\":[{\"value\":1,\"timestamp\":99999999999999999999}]} | invalid-value | /records/0/timestamp",
                "{\"records\":[{\"value\":1,\"headers\":{\"a\":1}}]} | wrong-type | /records/0/headers/a",
                "{\"records\":[{\"value\":1,\"headers\":{\"a b\":\"\"}}]} | invalid-value | /records/0/headers/a b",
                "{\"records\":[{\"value\":1,\"headers\":{\"content-type\":\"image/png\"}}]} | invalid-value | /records/0/headers/content-type",
                "{\"records\":[{\"valueBase64\":\"?\"}]} | malformed-encoding | /records/0/valueBase64",
                "{\"records\":[{\"value\":1,\"colour\":1}]} | unknown-field | /records/0/colour",
                "{\"records\":[{\"value\":1}],\"more\":1} | unknown-field | /more",
                "{\"records\":[{\"value\":1,\"value\":2}]} | duplicate-field | /records/0",
                "{\"records\":[{\"value\":{\"a\":1,\"a\":2}}]} | duplicate-field | /records/0",
                "{\"records\":[{\"value\":1}],\"records\":[]} | duplicate-field | ``",
                "{\"records\":[{\"value\":01}]} | malformed-json | /records/0",
                "{\"records\":[{\"value\":1}]}x | malformed-json | ``",
                "{\"records\":[{\"value\":1}] | malformed-json | ``",
                "{\"records\":[{\"value\":'a'}]} | malformed-json | /records/0",
                "{\"records\":[{\"value\":NaN}]} | malformed-json | /records/0"
            })
    void whatIsWrongIsNamedWithItsPlace(String json, String code, String pointer) {
        RecordDraft draft = TestDrafts.draft(3);
        BusException refused =
                catchThrowableOfType(
                        BusException.class, () -> EnvelopeParser.parse(Slice.utf8(json), draft));
        assertThat(refused).as(json).isNotNull();
        assertThat(refused.problem().code().wireName()).as(json).isEqualTo(code);
        assertThat(refused.problem().errors().get(0).pointer()).as(json).isEqualTo(pointer);
    }

    @Test
    void onlyUtf8IsRead() {
        byte[] wide = "{\"records\":[{\"value\":1}]}".getBytes(StandardCharsets.UTF_16LE);
        byte[] broken = {'{', '"', (byte) 0xc3, '"', '}'};
        for (byte[] bytes : List.of(wide, broken)) {
            BusException refused =
                    catchThrowableOfType(
                            BusException.class,
                            () -> EnvelopeParser.parse(Slice.of(bytes), TestDrafts.draft(1)));
            assertThat(refused.problem().code().wireName()).isEqualTo("malformed-encoding");
        }
    }

    @Test
    void atMostAThousandRecordsComeInOneRequest() {
        String thousand = "{\"value\":1},".repeat(1_000);
        assertThat(read("{\"records\":[" + thousand.substring(0, thousand.length() - 1) + "]}"))
                .hasSize(1_000);
        BusException refused =
                catchThrowableOfType(
                        BusException.class,
                        () ->
                                EnvelopeParser.parse(
                                        Slice.utf8("{\"records\":[" + thousand + "{\"value\":1}]}"),
                                        TestDrafts.draft(1)));
        assertThat(refused.problem().code().wireName()).isEqualTo("batch-too-large");
    }

    private record Parsed(Slice key, Slice value, long timestampMs, List<String> headers) {}

    private static List<Parsed> read(String json) {
        RecordDraft draft = TestDrafts.draft(1);
        EnvelopeParser.parse(Slice.utf8(json), draft);
        List<Parsed> parsed = new ArrayList<>();
        for (TestDrafts.Copy copy : TestDrafts.records(draft, 0)) {
            parsed.add(new Parsed(copy.key(), copy.value(), copy.timestampMs(), copy.headers()));
        }
        return parsed;
    }
}
