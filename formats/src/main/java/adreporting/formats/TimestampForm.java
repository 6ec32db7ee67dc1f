package adreporting.formats;

import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.table.data.TimestampData;

/**
 * How a timestamp is written in a message. {@link #read} takes the fixed forms only and answers null to everything
 * else, be it wrong or merely unusual: Flink's own decoder is asked then.
 */
public enum TimestampForm {
    /** {@code 2026-11-22 16:07:00[.123456789]}, with a {@code Z} behind it for TIMESTAMP_LTZ. */
    SQL("SQL", TimestampFormat.SQL, ' '),
    /** {@code 2026-11-22T16:07:00[.123456789]}, with a {@code Z} behind it for TIMESTAMP_LTZ. */
    ISO_8601("ISO-8601", TimestampFormat.ISO_8601, 'T'),
    /** A whole number of milliseconds since 1970-01-01 00:00:00 UTC. */
    EPOCH_MILLIS("EPOCH-MILLIS", TimestampFormat.SQL, ' ');

    private static final int[] DAYS_BEFORE_MONTH = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    private static final int[] DAYS_IN_MONTH = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    private static final int SECONDS_LENGTH = "2026-11-22 16:07:00".length();
    private static final int MAX_FRACTION_DIGITS = 9;

    private final String option;
    private final TimestampFormat flinks;
    private final char separator;

    TimestampForm(String option, TimestampFormat flinks, char separator) {
        this.option = option;
        this.flinks = flinks;
        this.separator = separator;
    }

    /** Flink's name for this form of text. */
    TimestampFormat flinks() {
        return flinks;
    }

    /**
     * The timestamp in {@code bytes[from..to)}, to the nanosecond, or null where it is not in this fixed form or not on
     * the calendar between the years 1600 and 9999.
     *
     * @param zoned whether a Z must stand at the end (and otherwise must not)
     */
    TimestampData read(byte[] bytes, int from, int to, boolean zoned) {
        int end = to;
        if (zoned) {
            end--;
            if (end < from || bytes[end] != 'Z') {
                return null;
            }
        }
        int length = end - from;
        if (length < SECONDS_LENGTH
                || bytes[from + 4] != '-'
                || bytes[from + 7] != '-'
                || bytes[from + 10] != separator
                || bytes[from + 13] != ':'
                || bytes[from + 16] != ':') {
            return null;
        }
        int century = two(bytes, from);
        int yearOfCentury = two(bytes, from + 2);
        int month = two(bytes, from + 5);
        int day = two(bytes, from + 8);
        int hour = two(bytes, from + 11);
        int minute = two(bytes, from + 14);
        int second = two(bytes, from + 17);
        if (century < 16 || (yearOfCentury | hour | minute | second) < 0 || month < 1 || month > 12 || day < 1) {
            return null;
        }
        int year = century * 100 + yearOfCentury;
        boolean leap = (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
        if (day > DAYS_IN_MONTH[month - 1] + (leap && month == 2 ? 1 : 0) || hour > 23 || minute > 59 || second > 59) {
            return null;
        }
        int nanos = 0;
        if (length > SECONDS_LENGTH) {
            nanos = fraction(bytes, from + SECONDS_LENGTH, end);
            if (nanos < 0) {
                return null;
            }
        }
        // Days since 1970: of the years before, their leap days, and of the months before.
        int before = year - 1;
        long days = 365L * (year - 1970) + (before / 4 - before / 100 + before / 400 - 477);
        days += DAYS_BEFORE_MONTH[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1;
        long seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
        return TimestampData.fromEpochMillis(seconds * 1000 + nanos / 1_000_000, nanos % 1_000_000);
    }

    /** The name in {@code guarded-json.timestamp-format.standard}. */
    @Override
    public String toString() {
        return option;
    }

    /** The two digits at {@code at}, or a negative number where either is none. */
    private static int two(byte[] bytes, int at) {
        int tens = bytes[at] - '0';
        int ones = bytes[at + 1] - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
    }

    /** Nanoseconds of {@code .123456789}, one to nine digits; -1 where it is none. */
    private static int fraction(byte[] bytes, int from, int end) {
        int digits = end - from - 1;
        if (bytes[from] != '.' || digits < 1 || digits > MAX_FRACTION_DIGITS) {
            return -1;
        }
        int nanos = 0;
        for (int i = from + 1; i < end; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            nanos = nanos * 10 + digit;
        }
        for (int i = digits; i < MAX_FRACTION_DIGITS; i++) {
            nanos *= 10;
        }
        return nanos;
    }
}
