package dev.restbus.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyHashTest {

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    21,                                               -973932308,   0, 0,  0,  12
                    foobar,                                           -790332482,   0, 6,  6,  30
                    abc,                                               479470107,   0, 3,  12, 27
                    a-little-bit-long-string,                         -985981536,   2, 8,  2,  0
                    a-little-bit-longer-string,                       -1486304829,  2, 11, 14, 3
                    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8, -58897971,    2, 5,  2,  13
                    '',                                                275646681,   0, 9,  6,  25
                    12345,                                            -1188365604,  2, 8,  14, 28
                    user_id=123,                                      -1281002434,  1, 10, 4,  30
                    order-1,                                           1221710326,  1, 10, 1,  22
                    car-1,                                            -2040298229,  0, 3,  9,  11
                    é,                                                 186971271,   0, 3,  6,  7
                    TT0124,                                           -1442328778,  1, 10, 10, 22
                    fd7af248-ce5c-46a5-93d7-1c0c9005b99d,             -147180742,   1, 10, 1,  26
                    """)
    void hashesAndPartitionsAreThoseOfKafka(
            String key, int hash, int of3, int of12, int of15, int of32) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);

        assertThat(KeyHash.murmur2(bytes, 0, bytes.length)).isEqualTo(hash);
        assertThat(KeyHash.partition(bytes, 0, bytes.length, 3)).isEqualTo(of3);
        assertThat(KeyHash.partition(bytes, 0, bytes.length, 12)).isEqualTo(of12);
        assertThat(KeyHash.partition(bytes, 0, bytes.length, 15)).isEqualTo(of15);
        assertThat(KeyHash.partition(bytes, 0, bytes.length, 32)).isEqualTo(of32);
    }

    @Test
    void anyPartOfAnyArrayHashesLikeKafkasCopyOfIt() {
        Random random = new Random(5);
        byte[] data = new byte[256];
        for (int i = 0; i < 2_000; i++) {
            random.nextBytes(data);
            int at = random.nextInt(100);
            int length = random.nextInt(100);

            assertThat(KeyHash.murmur2(data, at, length))
                    .isEqualTo(Utils.murmur2(Arrays.copyOfRange(data, at, at + length)));
        }
    }
}
