package dev.restbus.broker.log.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.batch.Slice;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyOffsetsTest {

    private static final long SEED = 20261126;

    @Test
    void itDoesWhatAMapDoes() {
        Random random = new Random(SEED);
        KeyOffsets offsets = new KeyOffsets(4 << 20);
        Map<String, Long> model = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            String key = "key-" + random.nextInt(30_000);
            long offset = random.nextInt(1_000_000);
            assertThat(offsets.put(Slice.utf8(key), offset)).as("seed %d", SEED).isTrue();
            model.merge(key, offset, Math::max);
        }
        assertThat(offsets.size()).isEqualTo(model.size());
        model.forEach(
                (key, offset) ->
                        assertThat(offsets.newest(Slice.utf8(key))).as(key).isEqualTo(offset));
        assertThat(offsets.newest(Slice.utf8("none"))).isEqualTo(-1);
    }

    @Test
    void theEmptyKeyIsOneAndOffsetZeroIsOne() {
        KeyOffsets offsets = new KeyOffsets(1);
        assertThat(offsets.newest(Slice.utf8(""))).isEqualTo(-1);
        assertThat(offsets.put(Slice.utf8(""), 0)).isTrue();
        assertThat(offsets.newest(Slice.utf8(""))).isZero();
    }

    @Test
    void aFullTableTakesKnownKeysOnly() {
        KeyOffsets offsets = new KeyOffsets(1);
        int taken = 0;
        while (offsets.put(Slice.utf8("key-" + taken), taken)) {
            taken++;
        }
        assertThat(taken).isEqualTo(768);
        assertThat(offsets.put(Slice.utf8("key-5"), 9_000)).isTrue();
        assertThat(offsets.newest(Slice.utf8("key-5"))).isEqualTo(9_000);
        assertThat(offsets.newest(Slice.utf8("key-" + taken))).isEqualTo(-1);
    }
}
