"""Each way of writing an answer that models and data sets use, beside the near-misses of it.

The near-misses matter as much: an acceptance that is too wide pays for wrong answers.
"""

import pytest

from reasoning_rewards.answers import Verdict, compare

# kind: [(gold, same, different)]
KINDS: dict[str, list[tuple[str, list[str], list[str]]]] = {
    "units": [
        (
            "36",
            ["36 boxes of crayons", "36 red marbles left", "36 people", "36 miles per hour",
             "36 cookies/day", "36 years old", "36 students in the class", "36 in total",
             "36 per day", "36 more", "36 kWh", "36 sheep", "36 rpm",
             "36 pieces of cake each", "36 slices altogether", "36 pages read", "36°"],
            ["36 hundred", "36 thousands", "36 crores", "36 fifths", "36 dozens", 
             "36 cannot be", "36 doesn't fit", "36 was wrong", "36 would be too much", "36 tripled",
             "36 divided by four", "36 raised", "36 nope", "36 minimum", "36 inclusive", "36 AD",
             "36 in doubt", "36 with doubts or not", "36 degrees below zero", "36 hardly",
             "36 under par", "36 apples or pears", "36 apples and pears", "36 percent of 50",
             "36 less", "36 squared", "36 factorial", "36 remainder two", "36 then 40"],
        ),
        ("7 m/s", ["7 metres per second", "7"], ["7 km/h", "7 m", "7 s"]),
        ("90 minutes", ["1.5 hours", "1 1/2 hours", "5400 seconds"], ["90 hours", "1.6 hours", "90 s"]),
        ("2 km", ["2000 m", "2"], ["2000", "2 m", "200 m"]),
        ("$2.50", ["250 cents", "2.5 dollars"], ["250", "25 cents", "€2.50"]),
        ("42 apples", ["42 apple", "42"], ["42 pears"]),
    ],
    "number words": [
        ("42", ["forty-two", "forty two", "Forty-two apples", "FORTY-TWO", "42 (forty-two)"],
         ["forty-three", "forty or two", "four two", "about forty", "forty-twoish", "twenty forty"]),
        ("-7", ["negative 7", "minus 7", "negative seven", "minus seven degrees"],
         ["seven", "not negative 7", "minus seventy", "positive 7", "negative"]),
        ("2/3", ["two thirds", "two-thirds", "2 thirds"], ["two third-graders", "three halves", "2", "3"]),
        ("1.5", ["one and a half", "one and a half hours", "three halves", "one point five", "1 and 1/2"],
         ["one half", "a half", "one and two", "1 and 3/2"]),
        ("1205", ["one thousand two hundred and five", "twelve hundred and five", "twelve hundred five"],
         ["one thousand twenty-five", "twelve hundred or five", "one two zero five"]),
        ("3000000", ["3 millions", "three million", "$3 millions"], ["3", "three", "3 billions"]),
        ("0.7", ["7 tenths", "seven tenths", "7 tenths of the total"], ["7", "7 tens", "7 twentieths"]),
        ("48", ["4 dozen", "4 dozens", "four dozen eggs"], ["4", "4 dozenths", "a dozen"]),
        ("500000", ["5 lakh", "five lakhs"], ["5", "5 crore"]),
        ("25", ["25 fifth graders"], ["25 fifths"]),
        ("One Direction", ["one direction"], ["1", "One Republic"]),
        ("Twelve Angry Men", ["Twelve Angry Men."], ["12"]),
    ],
    "fractions": [
        ("7/12", ["7 out of 12", "7 in 12", "7 of the 12", "7 out of every 12", "7/12ths", "7/12 of the class",
                  "{7 \\over 12}", "7 \\over 12", "7 out of 12 students"],
         ["12 out of 7", "7 or 12", "7 to 12", "7", "12", "7 out of 13", "7 of 12 or so"]),
        ("7/4", ["1 and 3/4", "1-3/4", "1 3/4", "one and three quarters"],
         ["1 or 3/4", "1, 3/4", "1 and 4/3", "13/4", "-7/4"]),
        ("1/3", ["0.333...", "0.33...", "0.\\dot{3}", "0.\\dot3", "0.3333\\ldots", "0.\\bar{3}", "0.333…"],
         ["0.333", "0.3...", "0.343434...", "0.\\dot{3}\\dot{4}"]),
        ("1/7", ["0.142857142857...", "0.\\dot{1}4285\\dot{7}"], ["0.142857", "0.142858142858..."]),
        ("1/6", ["0.1666...", "0.1\\overline{6}"], ["0.1616...", "0.16...", "0.166"]),
        ("-2/3", ["-0.666...", "-0.\\overline{6}"], ["0.666...", "-0.66"]),
    ],
    "computations": [
        ("120", ["120", "240/2", "\\frac{360}{3}"],
         ["5!", "6*20", "100+20", "\\binom{10}{3}", "\\binom{120}{1}", "\\lfloor 120.5 \\rfloor"]),
        ("3", ["\\sqrt{9}", "6/2", "3^1"],
         ["\\log_2 8", "\\ln e^3", "\\binom{3}{1}", "3!/2", "1+2", "\\sqrt{2}\\cdot\\frac{3}{\\sqrt{2}}"]),
        ("5!", ["5!"], ["120", "4!"]),
        ("1", [], ["\\sin(\\pi/2)", "\\ln e", "\\tan(\\pi/4)", "\\cos 0"]),
        ("2\\sqrt{3}", ["\\sqrt{12}", "\\sqrt{3}+\\sqrt{3}"], ["\\sqrt{13}"]),
    ],
    "approximations": [
        ("5", ["x \\approx 5", "x ≈ 5", "≈ 5", "approximately 5", "5 (approximately)"],
         ["5 ≈ 6", "x = 5 ≈ 6", "6 ≈ 5", "4 ≈ 5", "5 ≈ 5 ≈ 6", "almost 5"]),
        ("3.14", ["22/7 ≈ 3.14", "\\pi \\approx 3.14"], ["22/7", "22/7 ≈ 3.2", "3 ≈ 3.14"]),
        ("22/7", ["22/7 ≈ 3.14"], ["3.14", "22/7 ≈ 3.5", "23/7 ≈ 3.14"]),
        ("\\sqrt{2}", ["\\sqrt{2} ≈ 1.41", "x = \\sqrt{2} \\approx 1.414"], ["1.41", "\\sqrt{3} ≈ 1.41"]),
    ],
    "choices": [
        ("B", ["B) evaporation and condensation", "B, condensation", "Option (B)", "Option (B): heat",
               "B: not enough information", "B - condensation", "B — condensation", "B is correct",
               "B is the correct answer", "(B) Both A and C", "B. None of the above", "**B.** heat",
               "**(B)** heat", "B, because the others are wrong", "\\textbf{(B)}\\ 12", "<B>",
               "B) -3", "(B) $x^2$", "B condensation", "[B] heat", "b) heat"],
         ["B or C", "B and C", "B, C", "B) or C)", "(B) or (C)", "B, or maybe C", "B? No, C.", "not B",
          "B) heat, but C is better", "B is wrong", "B is not correct", "A", "A) B", "both B and C",
          "B, C and D", "B/C", "Be careful", "B wait, C", "(B), (C)", "B (or C)"]),
        ("A", ["A) a dog", "(A) A dog", "A. All of the above"], ["A dog", "A 20% increase", "a cat and a dog"]),
        ("(B) Paris", ["B", "Paris", "(B) Paris.", "B) paris"], ["(B) Rome", "(C) Paris", "Rome"]),
        ("C major", ["c major"], ["C minor"]),
        ("(D) -3", ["D", "-3"], ["3"]),
    ],
    "sentences": [
        ("42", ["After 3 days she has 42 dollars left.", "In 5 years he will be 42.",
                "Each of the 3 friends gets 42 stickers.", "The total for 4 shirts is $42.",
                "They can buy 42 apples with that money.", "On day 3 she has 42.",
                "The bus travels 42 miles in 2 hours.", "For 6 days of work he earned $42.",
                "We need 42 more chairs.", "All 7 boxes contain 42 pens in total.",
                "She has 42 dollars after 3 days.", "She ends up with 42.", "It sold for $42.",
                "Over 4 weeks, the plant grew 42 cm.", "There are a total of 42 apples."],
         ["Tom has 42 and Ann has 43.", "He has fewer than 42.", "He had 42 but lost 2.",
          "He is 42 years older than 10.", "42 is not the answer.", "The number 42 is common but I get 48.",
          "She has 40 apples and buys 42.", "He needs 42 more than 2.", "She has between 42 and 44.",
          "She has at least 42.", "It is less than 42.", "He scored 42 out of 50.", "He spent half of 42.",
          "She has 42 or 43.", "First 41 then 42.", "Page 42 says so.", "He subtracted 42.",
          "They don't have 42 apples.", "In 42 years he will be 60.", "Each of the 42 friends gets 3."]),
        ("43", [], ["Tom has 42 and Ann has 43.", "She has 42, and 43 is wrong."]),
        ("3", [], ["Each of the 3 friends gets 42 stickers.", "After 3 days she has 42 dollars left."]),
        ("Canberra", ["The capital of Australia is Canberra.", "It is Canberra.", "Canberra is the capital.",
                      "Its capital is called Canberra"],
         ["The capital of Canberra is Sydney.", "Canberra or Sydney", "The capital is not Canberra.",
          "Sydney is the capital of Canberra", "Maybe it is Canberra.", "The capital is Canberra or Sydney."]),
        ("The cat is black.", ["the cat is black"], ["The dog is black.", "The cat is white."]),
        ("(2,5)", ["The center is at (2,5).", "The vertex is (2,5)", "(2,5) is the vertex", "P(2,5)", "point P(2, 5)"],
         ["The center is not (2,5)", "P(5,2)", "The center is at (2,5) or (5,2)"]),
    ],
    "remarks": [
        ("42", ["42 (six more than 36)", "42 (dollars)", "42 [dollars]", "42 (since 6*7=42)", "42 (in dollars)",
                "42, because 6*7 = 42", "42 since 40 + 2 = 42", "42 (see above)"],
         ["42 (or maybe 43)", "42 (43 if Tom is counted)", "42 (43)", "42 (not 41)", "42 (but 43 in total)",
          "42 (forty-three)", "42 [SEP]", "42 as an upper bound", "42 because maybe", "43 (42)", "42 (-1)"]),
        ("Paris", ["Paris (France)", "Paris (the capital)"], ["Rome (not Paris)", "Paris (or Rome)", "France (Paris)"]),
        ("yes", ["Yes (17 is prime)", "yes (always)"], ["Yes (but not always)", "Yes (or no)"]),
    ],
    "decoration": [
        ("42", ["✅ 42", "→ 42", "• 42", "★42★", "42 ✓", "**42** ✔️", "=> 42", "-> 42", "* 42", "42 \\square",
                "\\checkmark 42", "🎉 42 🎉", "42 ■", "\\implies 42", "42<end_of_turn>", "42</answer>",
                "42<|im_end|>", "42 <eos>"],
         ["❌ 42", "42 ✗", "✘ 42", "- 42", "42 <42>", "42<b>", "42 <answer>43", "\\neq 42", "42 <|im_end|> 43"]),
    ],
    "times": [
        ("7:30 PM", ["7:30 p.m.", "19:30", "07:30 PM", "at 7:30 PM", "7:30 in the evening", "half past seven",
                     "The train arrives at 7:30 PM.", "7:30pm", "7:30"],
         ["7:30 AM", "7:03 PM", "8:30 PM", "730", "7.30", "7:30 PM or 8 PM", "not 7:30 PM", "7:31 PM"]),
        ("12:30", ["12:30", "half past twelve"], ["12:03", "12:13", "1230"]),
        ("noon", ["12:00 PM", "12 noon", "12 p.m."], ["midnight", "12:00 AM", "11:59"]),
        ("midnight", ["12:00 AM", "0:00", "12 midnight"], ["12:00 PM", "noon"]),
        ("6:45", ["quarter to seven", "a quarter to 7"], ["quarter past seven", "6:15", "7:15"]),
        ("10 AM", ["10:00 am", "10 a.m"], ["10 PM", "22:00", "10:10 AM"]),
        ("3:45 PM", ["15:45"], ["3:45 AM", "15:54", "13:45"]),
        ("20:15", ["8:15 PM"], ["8:15 AM", "10:20", "8:15"]),
    ],
    "ratios": [
        ("3:2", ["6:4", "3 to 2", "3 : 2", "3∶2", "1.5:1", "3/2", "9:6"], ["2:3", "3:2:1", "3", "32", "3.2", "3:20"]),
        ("1:2:3", ["2:4:6", "1 to 2 to 3"], ["1:2:4", "3:2:1", "1:2"]),
        ("1/4", ["1:4", "1 in 4", "2:8"], ["4:1", "1 to 4", "1:40"]),
        ("72", [], ["72:1", "144:2", "70 to 75", "72 to 72"]),
        ("1 to 2", ["1 to 2"], ["2 to 4", "1/2"]),
        ("10:20", ["10:20", "1:2"], ["5:10"]),
    ],
    "separators": [
        ("1250", ["1.250,00 €", "€1.250,00", "1.250,00", "1 250,00 €", "1,250", "1'250", "1’250.00 CHF"],
         ["1.250", "1,25", "12,50", "1'25", "1.25,00", "1.250,00,0"]),
        ("200000", ["Rs. 2,00,000", "₹2,00,000", "2,00,000", "2,00,000 rupees", "200.000,00"],
         ["2,00,00", "2,0,0000", "20,00,000", "2,00,0000"]),
        ("1500000", ["1'500'000", "1.500.000 €", "15,00,000", "1 500 000"], ["1'500'00", "1.500.00", "1500"]),
        ("3.5", ["3,5", "3,5 kg", "3,50 €"], ["35", "3,05", "3, 5", "5,3"]),
        ("1234", ["1,234"], ["1.234", "1,23,4", "12,34"]),
        ("3,5", ["5, 3", "3.5", "3 and 5"], ["3,50", "35"]),
        ("-1250.5", ["-1.250,5", "−1.250,50 €"], ["1.250,5"]),
    ],
    "durations": [
        ("2 hours 15 minutes", ["2 hours and 15 minutes", "2 hrs 15 mins", "2h 15m", "2 h 15 min", "135 minutes",
                                "2.25 hours", "2 hours, 15 minutes"],
         ["2 hours 50 minutes", "2 hours", "15 minutes", "135", "2", "15 hours 2 minutes", "2 minutes 15 hours",
          "2 hours or 15 minutes", "2 hours 15 meters"]),
        ("5 feet 6 inches", ["5'6\"", "5 ft 6 in", "66 inches", "5.5 feet"], ["5", "5'5\"", "6 feet 5 inches"]),
        ("3.50", ["3 dollars and 50 cents", "$3.50"], ["3 dollars", "50 cents", "3 dollars and 5 cents", "350 cents"]),
        ("2 weeks 3 days", ["17 days", "2 weeks, 3 days"], ["3 weeks 2 days", "2 weeks", "17"]),
    ],
    "verdicts": [
        ("yes", ["True", "Correct", "Yes, 17 is prime and not even.", "Yes, it could not be otherwise.",
                 "The statement is true.", "Most likely yes", "Definitely yes", "Yes — it is.", "YES!"],
         ["Yes, it is not possible.", "Yes, but only sometimes.", "False", "The statement is not true.", "Probably not",
          "Maybe yes", "yes and no", "Yes, it cannot be done.", "Not true", "right or wrong", "Yes, or maybe no"]),
        ("no", ["False", "Incorrect", "Probably not", "Not necessarily", "No, not at all.", "This claim is false."],
         ["Nobody", "not sure", "No, yes.", "Know", "none", "Not"]),
        ("right", ["right"], ["left", "yes", "correct"]),
    ],
    "words": [
        ("northeast", ["north-east", "north east", "Northeast."], ["northwest", "north", "east north"]),
        ("Tuesday", ["on Tuesday", "Tuesday."], ["Thursday", "not on Tuesday", "on Monday or Tuesday"]),
        ("1011_2", ["1011_{two}", "1011 base 2", "1011 in base 2", "1011₂", "0b1011"],
         ["1011", "11", "1011_3", "1010_2", "10112"]),
        ("H2O", ["H₂O", "H_2O"], ["HO", "H₃O"]),
    ],
    "relations": [
        ("3 < x < 7", ["x>3 and x<7", "3<x, x<7", "x between 3 and 7", "(3,7)", "x < 7 and x > 3"],
         ["x>3 or x<7", "x<3 and x>7", "x>3", "x>3 and y<7", "3 ≤ x and x < 7", "x between 7 and 3"]),
        ("x \\ge 3", ["x => 3", "x >= 3", "[3, \\infty)"], ["x > 3", "x =< 3", "x = 3"]),
    ],
    "percent": [
        ("20", ["a 20% increase", "20% more", "a 20 percent discount", "20% off", "20%"],
         ["20% of 50", "0.2%", "20% or 30%", "200%"]),
        ("20% more", ["20%"], ["20% less", "2% more"]),
        ("40", ["a loss of $40", "a total of 40", "40 in all"], ["a third of 40", "a multiple of 40", "half of 40"]),
    ],
}  # fmt: skip
SAME = [(kind, gold, text) for kind, rows in KINDS.items() for gold, same, _ in rows for text in same]
DIFFERENT = [(kind, gold, text) for kind, rows in KINDS.items() for gold, _, other in rows for text in other]


@pytest.mark.parametrize(("kind", "gold", "text"), SAME)
def test_same(kind: str, gold: str, text: str) -> None:
    assert compare(text, gold) is Verdict.SAME
    assert compare(gold, text) is Verdict.SAME


@pytest.mark.parametrize(("kind", "gold", "text"), DIFFERENT)
def test_different(kind: str, gold: str, text: str) -> None:
    assert compare(text, gold) is not Verdict.SAME
    assert compare(gold, text) is not Verdict.SAME
