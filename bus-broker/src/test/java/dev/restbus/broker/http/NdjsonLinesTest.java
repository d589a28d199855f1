package dev.restbus.broker.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NdjsonLinesTest {

    private static final String[] ENDS = {"\n", "\r\n"};

    @Test
    void anyCutGivesTheLinesThatSplitGives() {
        long seed = Long.getLong("restbus.seed", System.nanoTime());
        System.out.println("seed " + seed + " (repeat with -Drestbus.seed=" + seed + ")");
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(30); n > 0; n--) {
                text.append("x".repeat(random.nextInt(3) * random.nextInt(10)));
                text.append(ENDS[random.nextInt(2)]);
            }
            text.append("y".repeat(random.nextInt(2) * random.nextInt(10)));
            assertThat(cut(text.toString(), random)).isEqualTo(model(text.toString()));
        }
    }

    @Test
    void aLineHasABoundWhetherItsEndHasComeOrNot() {
        byte[] bytes = new byte[NdjsonLines.MAX_LINE_BYTES + 3];
        bytes[0] = '\n';
        NdjsonLines fits = new NdjsonLines();
        fits.look(new Slice(bytes, 0, NdjsonLines.MAX_LINE_BYTES + 1));
        assertThat(fits.step(false)).isFalse();
        assertTooLarge(new Slice(bytes, 0, NdjsonLines.MAX_LINE_BYTES + 2));
        bytes[bytes.length - 1] = '\n';
        assertTooLarge(Slice.of(bytes));
    }

    private static void assertTooLarge(Slice body) {
        NdjsonLines lines = new NdjsonLines();
        lines.look(body);
        assertThatThrownBy(() -> lines.step(false))
                .isInstanceOfSatisfying(
                        BusException.class,
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(ProblemCode.RECORD_TOO_LARGE));
        assertThat(lines.number()).isEqualTo(2);
    }

    /** Each line that is not blank, behind its number. */
    private static List<String> model(String text) {
        List<String> lines = new ArrayList<>();
        String[] all = text.split("\n", -1);
        for (int i = 0; i < all.length; i++) {
            if (!all[i].isBlank()) {
                lines.add((i + 1) + " " + all[i]);
            }
        }
        return lines;
    }

    /** As the door does it: pieces of any size behind what was left, in an array of its own. */
    private static List<String> cut(String text, Random random) {
        byte[] all = text.getBytes(StandardCharsets.US_ASCII);
        List<String> found = new ArrayList<>();
        NdjsonLines lines = new NdjsonLines();
        int taken = 0;
        int come = 0;
        while (true) {
            int offset = random.nextInt(5);
            byte[] buffer = new byte[offset + come - taken];
            System.arraycopy(all, taken, buffer, offset, come - taken);
            lines.look(new Slice(buffer, offset, come - taken));
            boolean last = come == all.length && random.nextBoolean();
            int most = 1 + random.nextInt(4);
            boolean more = true;
            while (most-- > 0 && more) {
                more = lines.step(last);
                if (more && random.nextInt(5) == 0) {
                    lines.back();
                    more = false;
                } else if (more) {
                    found.add(lines.number() + " " + lines.line().text());
                }
            }
            taken += lines.take();
            if (last && taken == all.length) {
                return found;
            }
            come += random.nextInt(Math.min(20, all.length - come) + 1);
        }
    }
}
