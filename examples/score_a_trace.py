"""reasoning-rewards: score one completion against its gold answer."""

from reasoning_rewards import CompositeReward, parse

completion = "<reasoning>12+7=19 apples. 19-5=14 apples left.</reasoning><answer>14</answer>"
score = CompositeReward().score(completion, gold="14")
print(parse(completion).status.value, score.total, score.correctness, score.structure)
assert score.correctness == 1.0
