package dev.restbus.sample.notification.delivery;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map that forgets what was put first when it is full. Not safe for several threads. */
final class Bounded<K, V> extends LinkedHashMap<K, V> {

    private final int capacity;

    Bounded(int capacity) {
        this.capacity = capacity;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > capacity;
    }
}
