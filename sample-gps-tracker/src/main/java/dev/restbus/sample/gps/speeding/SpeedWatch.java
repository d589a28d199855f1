package dev.restbus.sample.gps.speeding;

import dev.restbus.client.BusRecord;
import dev.restbus.client.spring.BusListener;
import dev.restbus.sample.gps.fix.Fix;
import dev.restbus.sample.gps.fix.FixTopic;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Reads all fixes as fast as it can, whatever the dashboard does, and counts those above the limit.
 * Holds a bounded number of cabs. Safe for any number of threads.
 */
@Component
class SpeedWatch {

    static final String GROUP = "gps-speeding";

    private static final int MAX_CABS = 20_000;

    private final double limitKmh;

    /** Fixes above the limit, by cab; the one added longest ago first. */
    private final Map<String, Long> overByCab =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                    return size() > MAX_CABS;
                }
            };

    private long checked;
    private long over;
    private double topKmh;

    SpeedWatch(@Value("${gps.speeding.limit-kmh}") double limitKmh) {
        this.limitKmh = limitKmh;
    }

    @BusListener(topics = FixTopic.NAME, group = GROUP, id = "speeding")
    void check(BusRecord record) {
        check(Fix.of(record));
    }

    synchronized void check(Fix fix) {
        checked++;
        topKmh = Math.max(topKmh, fix.speedKmh());
        if (fix.speedKmh() > limitKmh) {
            over++;
            overByCab.merge(fix.cab(), 1L, Long::sum);
        }
    }

    /** The counts, and the cabs that were too fast most often. */
    synchronized Report report(int cabs) {
        List<Speeder> worst =
                overByCab.entrySet().stream()
                        .map(entry -> new Speeder(entry.getKey(), entry.getValue()))
                        .sorted(
                                Comparator.comparingLong(Speeder::fixesOver)
                                        .reversed()
                                        .thenComparing(Speeder::cab))
                        .limit(cabs)
                        .toList();
        return new Report(limitKmh, checked, over, topKmh, worst);
    }

    /**
     * Counts since the start of this process.
     *
     * @param checked fixes read
     * @param over fixes above the limit
     */
    record Report(double limitKmh, long checked, long over, double topKmh, List<Speeder> worst) {}

    record Speeder(String cab, long fixesOver) {}
}
