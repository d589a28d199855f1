package dev.restbus.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "0ms, 0",
        "500ms, 500",
        "30s, 30000",
        "5m, 300000",
        "1h, 3600000",
        "2d, 172800000",
        "PT1.5S, 1500",
        "P1DT1H, 90000000",
        "007s, 7000"
    })
    void bothFormsAreRead(String text, long ms) {
        assertThat(Durations.parseMs("wait", text)).isEqualTo(ms);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "5", "s", "-", "-s", "5 s", "5S", "5w", "1.5s", "1s1s", "PT", "Pony", "٣s"
            })
    void whatIsNoDurationIs400AtThePlaceNamed(String text) {
        assertThatThrownBy(() -> Durations.parseMs("wait", text))
                .isInstanceOfSatisfying(
                        BusException.class,
                        e -> {
                            assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_PARAMETER);
                            assertThat(e.problem().errors())
                                    .extracting(FieldError::pointer)
                                    .containsExactly("wait");
                        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-1s",
                "-5ms",
                "-PT1S",
                "PT-1S",
                "9999999999999999d",
                "99999999999999999999ms",
                "P106751991168D"
            })
    void aNegativeOrEndlessDurationIs422(String text) {
        assertThatThrownBy(() -> Durations.parseMs("wait", text))
                .isInstanceOfSatisfying(
                        BusException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_VALUE));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0ms",
        "1, 1ms",
        "1500, 1500ms",
        "2000, 2s",
        "90000, 90s",
        "120000, 2m",
        "3600000, 1h",
        "5400000, 90m",
        "172800000, 2d",
        "90000000, 25h"
    })
    void whatIsFormattedReadsBackAsTheSame(long ms, String text) {
        assertThat(Durations.format(ms)).isEqualTo(text);
        assertThat(Durations.parseMs("wait", text)).isEqualTo(ms);
    }
}
